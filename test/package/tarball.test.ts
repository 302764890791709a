import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack } from './support/npm.js';
import { repositoryRoot } from './support/paths.js';
import { newTempDir } from './support/temp-dir.js';

/** Is run, and never loaded by others. */
const COMMAND = 'dist/tools/cli/main.js';

const dir = newTempDir();
let files: string[] = [];

beforeAll(() => {
  files = pack(dir).files;
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');

test('the tarball holds the licence, the README, the manifest, the docs and the compiled sources and command, nothing else', () => {
  expect(files).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/src/index.js', 'docs/api.md']),
  );
  const rest = files.filter((path) => !['LICENSE', 'README.md', 'package.json'].includes(path));
  expect(
    rest.filter(
      (path) =>
        !/^(dist\/(src|tools\/cli)\/[a-z0-9/-]+\.(js|d\.ts|js\.map)|docs\/[a-z]+\.md|docs\/pictures\/[a-z]+\.svg)$/.test(
          path,
        ),
    ),
  ).toEqual([]);
});

test('every compiled module has its types and its map, and a source in the repository', () => {
  const modules = files.filter((path) => path.endsWith('.js')).map((path) => path.slice(0, -'.js'.length));
  const wanted = modules.flatMap((path) => [`${path}.js`, `${path}.d.ts`, `${path}.js.map`]);
  expect(files.filter((path) => path.startsWith('dist/'))).toEqual(wanted.sort());
  for (const path of modules) expect(read(`${path.replace('dist/', '')}.ts`)).not.toBe('');
});

test('no source map points to a file that is not there', () => {
  for (const path of files.filter((file) => file.endsWith('.map'))) {
    const { sources, sourcesContent = [] } = JSON.parse(read(path)) as {
      sources: string[];
      sourcesContent?: string[];
    };
    expect(sourcesContent, path).toHaveLength(sources.length);
    for (const content of sourcesContent) expect(content, path).toEqual(expect.any(String));
  }
  for (const path of files.filter((file) => /\.(js|d\.ts)$/.test(file))) {
    for (const [, map] of read(path).matchAll(/^\/\/# sourceMappingURL=(.+)$/gm)) {
      expect(files).toContain(posix.join(dirname(path), map!));
    }
  }
});

test('no module waits at its top level, which would end `require()`', async () => {
  const { default: ts } = await import('typescript');
  for (const path of files.filter((file) => file.endsWith('.js') && file !== COMMAND)) {
    const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
    const waits = (node: import('typescript').Node): boolean =>
      !ts.isFunctionLike(node) &&
      (ts.isAwaitExpression(node) ||
        (ts.isForOfStatement(node) && node.awaitModifier !== undefined) ||
        (ts.forEachChild(node, waits) ?? false));
    expect(waits(source), path).toBe(false);
  }
});
