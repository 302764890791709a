import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';
import { violations } from './support/import-rules.js';
import { repositoryRoot } from './support/paths.js';

function sources(): Map<string, string> {
  const files = ['src', 'tools'].flatMap((folder) =>
    readdirSync(join(repositoryRoot, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return new Map(
    files.map((file) => [relative(repositoryRoot, file).split(sep).join('/'), readFileSync(file, 'utf8')]),
  );
}

test('every import of the package points downwards, and each native is loaded by one file', () => {
  const modules = sources();
  expect([...modules.keys()]).toContain('src/index.ts');
  expect(violations(modules)).toEqual([]);
});

const planted: [name: string, modules: Record<string, string>, violation: RegExp][] = [
  [
    'segment imports db',
    { 'src/segment/a.ts': "import { b } from '../db/b.js';", 'src/db/b.ts': '' },
    /^src\/segment\/a\.ts:1: segment may not import db/,
  ],
  [
    'segment imports the compactor, types only',
    { 'src/segment/a.ts': "import type { B } from '../compactor/b.js';", 'src/compactor/b.ts': '' },
    /segment may not import compactor/,
  ],
  [
    'db imports segment through an import type',
    { 'src/db/a.ts': "\ntype B = import('../segment/b.js').B;", 'src/segment/b.ts': '' },
    /^src\/db\/a\.ts:2: db may not import segment/,
  ],
  [
    'db re-exports the compactor',
    { 'src/db/a.ts': "export * from '../compactor/b.js';", 'src/compactor/b.ts': '' },
    /db may not import compactor/,
  ],
  [
    'db imports segment with import()',
    { 'src/db/a.ts': "await import('../segment/b.js');", 'src/segment/b.ts': '' },
    /db may not import segment/,
  ],
  [
    'db requires segment',
    { 'src/db/a.ts': "require('../segment/b.js');", 'src/segment/b.ts': '' },
    /db may not import segment/,
  ],
  [
    'db requires segment through createRequire under another name',
    {
      'src/db/a.ts': "const load = createRequire(import.meta.url); load('../segment/b.js');",
      'src/segment/b.ts': '',
    },
    /db may not import segment/,
  ],
  [
    'db requires segment with a require made on the spot',
    { 'src/db/a.ts': "createRequire(import.meta.url)('../segment/b.js');", 'src/segment/b.ts': '' },
    /db may not import segment/,
  ],
  [
    'segment starts a worker that is the compactor’s',
    {
      'src/segment/a.ts': "new Worker(new URL('../compactor/b.js', import.meta.url));",
      'src/compactor/b.ts': '',
    },
    /segment may not import compactor/,
  ],
  [
    'the compactor imports the store that wires it',
    { 'src/compactor/a.ts': "import '../agent-log.js';", 'src/agent-log.ts': '' },
    /compactor may not import agent-log/,
  ],
  [
    'an adapter imports what is behind the API',
    { 'src/adapters/a.ts': "import '../reading/b.js';", 'src/reading/b.ts': '' },
    /adapters may not import reading/,
  ],
  [
    'the core imports an adapter',
    { 'src/agent-log.ts': "import './adapters/a.js';", 'src/adapters/a.ts': '' },
    /agent-log may not import adapters/,
  ],
  [
    'what everyone shares imports segment',
    { 'src/entry.ts': "import './segment/b.js';", 'src/segment/b.ts': '' },
    /shared may not import segment/,
  ],
  [
    'src imports tools',
    { 'src/agent-log.ts': "import '../tools/b.js';", 'tools/b.ts': '' },
    /agent-log may not import tools/,
  ],
  [
    'src imports a test',
    { 'src/entry.ts': "import '../test/b.js';", 'test/b.ts': '' },
    /test\/b\.ts belongs to no layer/,
  ],
  ['an import of nothing', { 'src/entry.ts': "import './gone.js';" }, /there is no src\/gone\.ts/],
  [
    'a second file loads better-sqlite3',
    { 'src/db/a.ts': "import Database from 'better-sqlite3';" },
    /only src\/db\/better-sqlite3\.ts may load better-sqlite3/,
  ],
  [
    'a second file loads a lock by a computed name',
    { 'src/segment/a.ts': "const names = ['fs-ext']; require(names[0]);" },
    /only src\/segment\/flock\.ts may load fs-ext$/,
  ],
  [
    'a second file reads a file of the other lock package',
    { 'src/segment/a.ts': "require.resolve('fs-ext-extra-prebuilt/package.json');" },
    /may load fs-ext-extra-prebuilt$/,
  ],
  ['a second file loads crc-32', { 'src/segment/a.ts': "import c from 'crc-32';" }, /may load crc-32$/],
  ['index.ts holds logic', { 'src/index.ts': 'export const a = 1;' }, /re-exports only/],
  [
    'a cycle of three',
    {
      'src/db/a.ts': "import './b.js';",
      'src/db/b.ts': "import type { C } from './c.js';",
      'src/db/c.ts': "import './a.js';",
    },
    /^import cycle: src\/db\/a\.ts -> src\/db\/b\.ts -> src\/db\/c\.ts -> src\/db\/a\.ts$/,
  ],
];

test.each(planted)('a violation is found: %s', (_name, modules, violation) => {
  const found = violations(new Map(Object.entries(modules)));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(violation);
});

test('what is allowed is not reported', () => {
  const allowed = {
    'tools/demo.ts': "import '../src/index.js'; new URL('..', import.meta.url);",
    'src/index.ts': "export { open } from './agent-log.js';",
    'src/agent-log.ts': "import './compactor/a.js'; import './segment/flock.js';",
    'src/compactor/a.ts': "import '../segment/flock.js'; import '../db/better-sqlite3.js';",
    'src/segment/flock.ts': "import '../errors.js'; require('fs-ext');",
    'src/db/better-sqlite3.ts': "import type D from 'better-sqlite3'; import '../errors.js';",
    'src/errors.ts': "type Lock = 'fs-ext'; // 'better-sqlite3'",
  };
  expect(violations(new Map(Object.entries(allowed)))).toEqual([]);
});
