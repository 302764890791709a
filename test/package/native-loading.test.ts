import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { betterSqlite3, loadBetterSqlite3 } from '../../src/db/better-sqlite3.js';
import type { AgentLogError } from '../../src/errors.js';
import { COMPILERS } from '../../src/native-missing.js';
import { LOCK_VERSIONS, loadFlock } from '../../src/segment/flock.js';
import { requireWith } from './support/fake-package.js';
import { repositoryRoot } from './support/paths.js';
import { tempDir } from './support/temp-dir.js';

const works = { main: 'exports.flockSync = () => {};' };
const noBinary = {
  main: "throw new Error('Cannot find module ./build/Release/fs_ext.node\\nRequire stack: …');",
};

function failureOf(work: () => unknown): AgentLogError {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ name: 'AgentLogError', code: 'AGENTLOG_NATIVE_MISSING' });
    return error as AgentLogError;
  }
  throw new Error('nothing was thrown');
}

test('fs-ext comes first', () => {
  const require = requireWith(tempDir(), { 'fs-ext': works, 'fs-ext-extra-prebuilt': works });
  expect(loadFlock({ require, thread: 'main' }).packageName).toBe('fs-ext');
});

test('fs-ext-extra-prebuilt serves where fs-ext has no binary', () => {
  const require = requireWith(tempDir(), { 'fs-ext': noBinary, 'fs-ext-extra-prebuilt': works });
  expect(loadFlock({ require, thread: 'main' }).packageName).toBe('fs-ext-extra-prebuilt');
});

test('a package without flockSync is passed over', () => {
  const require = requireWith(tempDir(), { 'fs-ext': { main: '' }, 'fs-ext-extra-prebuilt': works });
  expect(loadFlock({ require, thread: 'main' }).packageName).toBe('fs-ext-extra-prebuilt');
});

test('a worker thread never loads fs-ext, which would crash the process', () => {
  const require = requireWith(tempDir(), { 'fs-ext': { main: 'process.abort();' } });
  const { message } = failureOf(() => loadFlock({ require, thread: 'worker' }));
  expect(message).toContain('in a worker thread, where fs-ext would crash the process');
  expect(message).toContain('npm install fs-ext-extra-prebuilt@2.2.7');
  expect(message).not.toContain('fs-ext@');
});

test('no lock package at all: what each attempt said, and the commands that install them', () => {
  const { message, cause } = failureOf(() =>
    loadFlock({ require: requireWith(tempDir(), {}), thread: 'main' }),
  );
  expect(message).toContain(`Node ${process.version} (${process.platform} ${process.arch})`);
  expect(message).toMatch(/ {2}- fs-ext: Cannot find module 'fs-ext'\n/);
  expect(message).toMatch(/ {2}- fs-ext-extra-prebuilt: Cannot find module 'fs-ext-extra-prebuilt'\n/);
  expect(message).toContain(
    'npm 12 and later: npm install fs-ext@2.1.1 fs-ext-extra-prebuilt@2.2.7 && npm install-scripts approve ' +
      'fs-ext fs-ext-extra-prebuilt && npm rebuild --ignore-scripts=false fs-ext fs-ext-extra-prebuilt',
  );
  expect(message).toMatch(/npm 11 and older: npm install fs-ext@2\.1\.1 fs-ext-extra-prebuilt@2\.2\.7 /);
  expect(message).toMatch(
    /pnpm: +pnpm add fs-ext@2\.1\.1 fs-ext-extra-prebuilt@2\.2\.7 --allow-build=fs-ext --allow-build=fs-ext-extra-prebuilt\n/,
  );
  expect(cause).toBeInstanceOf(AggregateError);
  expect((cause as AggregateError).errors).toHaveLength(2);
  expect((cause as AggregateError).errors[0].cause).toMatchObject({ code: 'MODULE_NOT_FOUND' });
});

test('a lock package without its binary is rebuilt, and its message is kept to a line', () => {
  const require = requireWith(tempDir(), { 'fs-ext': noBinary });
  const { message } = failureOf(() => loadFlock({ require, thread: 'main' }));
  expect(message).toMatch(
    / {2}- fs-ext: Cannot find module \.\/build\/Release\/fs_ext\.node\n {2}- fs-ext-extra/,
  );
  expect(message).toContain(
    'npm install-scripts approve fs-ext && npm rebuild --ignore-scripts=false fs-ext\n',
  );
  expect(message).toMatch(/npm 11 and older: npm rebuild --ignore-scripts=false fs-ext\n/);
  expect(message).toMatch(/pnpm: +pnpm approve-builds && pnpm rebuild fs-ext\n/);
});

const crashes = 'process.abort();';
const unsuitable: [version: string, engines: Record<string, string> | undefined, node: string][] = [
  ['13.2.0', { node: '>=22' }, '20.20.2'],
  ['13.0.0', undefined, '20.19.0'],
  ['14.0.0', { node: '>=24.2' }, '24.1.9'],
];

test.each(unsuitable)(
  'better-sqlite3 %s (engines %o) is refused on Node %s before it is loaded',
  (version, engines, nodeVersion) => {
    const require = requireWith(tempDir(), {
      'better-sqlite3': { main: crashes, manifest: { version, ...(engines && { engines }) } },
    });
    const { message } = failureOf(() => loadBetterSqlite3({ require, nodeVersion }));
    expect(message).toContain(`version ${version} needs Node`);
    expect(message).toContain('would crash this process');
  },
);

test('on Node 20 the commands install better-sqlite3 12, and pnpm is told to drop the other copy', () => {
  const manifest = { version: '13.2.0', engines: { node: '>=22' } };
  const require = requireWith(tempDir(), { 'better-sqlite3': { main: crashes, manifest } });
  const { message } = failureOf(() => loadBetterSqlite3({ require, nodeVersion: '20.20.2' }));
  expect(message).toContain(
    'npm 11 and older: npm install better-sqlite3@12 && npm rebuild --ignore-scripts=false better-sqlite3\n',
  );
  expect(message).toMatch(/pnpm: +pnpm add better-sqlite3@12 --allow-build=better-sqlite3 && pnpm dedupe\n/);
});

const suitable: [version: string, engines: string, node: string][] = [
  ['12.11.1', '20.x || 22.x || 23.x || 24.x || 25.x || 26.x', '20.19.0'],
  ['12.11.1', '20.x || 22.x || 23.x || 24.x || 25.x || 26.x', '27.0.0'],
  ['13.2.0', '>=22', '22.0.0'],
];

test.each(suitable)('better-sqlite3 %s (engines %s) is used on Node %s', (version, node, nodeVersion) => {
  const main = 'module.exports = class { close() {} };';
  const require = requireWith(tempDir(), {
    'better-sqlite3': { main, manifest: { version, engines: { node } } },
  });
  expect(loadBetterSqlite3({ require, nodeVersion })).toBe(require('better-sqlite3'));
});

test('the better-sqlite3 of this checkout opens a database', () => {
  const database = new (betterSqlite3())(':memory:');
  expect(database.prepare('select 1').pluck().get()).toBe(1);
  database.close();
});

test('a better-sqlite3 whose binding does not load is found out by the first database', () => {
  const main =
    "module.exports = class { constructor() { throw new Error('Could not locate the bindings file.'); } };";
  const manifest = { version: '12.11.1', engines: { node: '20.x' } };
  const require = requireWith(tempDir(), { 'better-sqlite3': { main, manifest } });
  const { message, cause } = failureOf(() => loadBetterSqlite3({ require, nodeVersion: '20.20.2' }));
  expect(message).toContain('- better-sqlite3: Could not locate the bindings file.');
  expect(message).toContain('npm install-scripts approve better-sqlite3 && npm rebuild');
  expect((cause as AggregateError).errors).toHaveLength(1);
});

test('an absent better-sqlite3 is installed: 12 on Node 20, 13 from Node 22 on', () => {
  const require = requireWith(tempDir(), {});
  expect(failureOf(() => loadBetterSqlite3({ require, nodeVersion: '20.19.0' })).message).toContain(
    'npm install better-sqlite3@12 &&',
  );
  expect(failureOf(() => loadBetterSqlite3({ require, nodeVersion: '22.0.0' })).message).toContain(
    'npm install better-sqlite3@13 &&',
  );
});

test('the versions in the messages are those of package.json', () => {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  expect(manifest.optionalDependencies).toEqual(LOCK_VERSIONS);
  expect(manifest.dependencies['better-sqlite3']).toMatch(/^\^12\..* \|\| \^13\./);
});

test('the set-up and the README name the same compilers as the error', async () => {
  const advice = await import('../../tools/setup/advice.mjs');
  expect(advice.COMPILERS).toEqual(COMPILERS);
  const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');
  for (const [, command] of COMPILERS) expect(readme).toContain(command);
});
