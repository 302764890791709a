/** What a stranger meets who installs the tarball, on Node 20 and 24, with install scripts blocked. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { pack, project, RegistryUnreachable } from './support/npm.js';
import { repositoryRoot } from './support/paths.js';
import { runNode } from './support/run-node.js';
import { newTempDir } from './support/temp-dir.js';

const NODE_24 = `node-${process.platform}-${process.arch}@24.21.0`;

const dir = newTempDir();
/** Everything that an installation without scripts brings. */
const plain = join(dir, 'plain');
/** Without optional packages, and with the better-sqlite3 that some package managers choose on Node 20. */
const bare = join(dir, 'bare');
/** With a better-sqlite3 that brings its binary, for Node 24. */
const whole = join(dir, 'whole');
const node24Home = join(dir, 'node24');
const node24 = join(node24Home, 'node_modules', NODE_24.replace(/@.*/, ''), 'bin', 'node');
let unreachable: string | undefined;

beforeAll(() => {
  try {
    const { tarball } = pack(dir);
    project(plain, [tarball]);
    project(bare, [tarball, 'better-sqlite3@13.2.0'], '--omit=optional');
    project(whole, [tarball, 'better-sqlite3@13.2.0']);
    project(node24Home, [NODE_24]);
  } catch (error) {
    if (!(error instanceof RegistryUnreachable)) throw error;
    unreachable = error.message;
    console.warn(`INSTALL TESTS SKIPPED: no package registry could be reached.\n${unreachable}`);
  }
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function installed(name: string, body: (context: TestContext) => void): void {
  test(name, (context) => {
    context.skip(unreachable !== undefined, 'no package registry could be reached');
    body(context);
  });
}

const inside = (home: string, path: string) =>
  JSON.stringify(pathToFileURL(join(home, 'node_modules/agentlog/dist/src', path)).href);

/** Prints what `expression` gives, or the code and message of what it throws. */
const printing = (imports: string, expression: string) => `
  ${imports}
  try { console.log(JSON.stringify({ value: ${expression} })); }
  catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`;

/** A lock taken here, then tried by a second process of the same Node. */
const lockTwice = (home: string) => `
  import { spawnSync } from 'node:child_process';
  import { openSync } from 'node:fs';
  import { lockPackage, tryLockExclusive } from ${inside(home, 'segment/flock.js')};
  const path = ${JSON.stringify(join(home, 'lock'))};
  const first = tryLockExclusive(openSync(path, 'w'));
  const code = \`
    import { openSync } from 'node:fs';
    import { tryLockExclusive } from ${inside(home, 'segment/flock.js')};
    process.stdout.write(String(tryLockExclusive(openSync(process.argv[1], 'w'))));\`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', code, '--', path]);
  console.log(JSON.stringify([process.versions.node.split('.')[0], lockPackage(), first, String(stdout)]));`;

const apis: [name: string, node: () => string][] = [
  ['this Node', () => process.execPath],
  ['Node 24', () => node24],
];

installed('the agentlog command is there, and needs nothing native to look at a segment', () => {
  const command = join(bare, 'node_modules/.bin/agentlog');
  const fixture = join(repositoryRoot, 'test/fixtures/format-1/sealed');
  const segment = join(fixture, readdirSync(fixture).find((file) => file.endsWith('.sealed'))!);
  for (const args of [['--help'], ['inspect', segment], ['dump', segment, '--json']]) {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: bare, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toBe('');
  }
});

for (const [name, node] of apis) {
  installed(`the package is imported and required on ${name}`, () => {
    const imported = runNode("import { AgentLogError } from 'agentlog'; console.log(AgentLogError.name)", {
      cwd: plain,
      node: node(),
    });
    expect(imported).toEqual({ status: 0, signal: null, stdout: 'AgentLogError', stderr: '' });
    const required = runNode(
      "const { AgentLogError } = require('agentlog'); import('agentlog').then((m) => console.log(m.AgentLogError === AgentLogError))",
      { cwd: plain, node: node(), as: 'commonjs' },
    );
    // Node 20 may print on stderr that requiring an ES module is experimental.
    expect(required).toMatchObject({ status: 0, signal: null, stdout: 'true' });
  });

  installed(`without install scripts the lock works through fs-ext-extra-prebuilt on ${name}`, () => {
    const { stdout, stderr } = runNode(lockTwice(plain), { cwd: plain, node: node() });
    expect(stderr).toBe('');
    const major = name === 'Node 24' ? '24' : process.versions.node.split('.')[0];
    expect(JSON.parse(stdout)).toEqual([major, 'fs-ext-extra-prebuilt', true, 'false']);
  });
}

for (const [name, node] of apis) {
  installed(
    `a store is written and read on ${name}, with nothing but the package and its dependencies`,
    () => {
      const store = join(plain, `store of ${name}`);
      const code = `
      import { openAgentLog } from 'agentlog';
      const log = await openAgentLog(${JSON.stringify(store)}, { compact: false });
      const id = await log.append({ taskId: 't', type: 'text', text: 'one' });
      log.write({ taskId: 't', type: 'text', text: 'two' });
      await log.close();
      const reader = await openAgentLog(${JSON.stringify(store)}, { readOnly: true });
      const texts = [];
      for await (const { text } of reader.scan()) texts.push(text);
      console.log(JSON.stringify([texts, (await reader.get(id)).text]));`;
      const { status, stdout, stderr } = runNode(code, { cwd: plain, node: node() });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual([['one', 'two'], 'one']);
    },
  );
}

installed('the package compacts on Node 24, and reads back what became rows', () => {
  const code = `
    import { openAgentLog } from 'agentlog';
    const log = await openAgentLog('store');
    const id = await log.append({ taskId: 't', type: 'text', text: 'one' });
    const { entries } = await log.compact();
    await log.close();
    const reader = await openAgentLog('store', { readOnly: true });
    console.log(JSON.stringify([entries, (await reader.get(id)).text, (await reader.stats()).backlog.segments]));`;
  const { status, stdout, stderr } = runNode(code, { cwd: whole, node: node24 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual([1, 'one', 0]);
});

installed('without a lock nothing is made', () => {
  const code = printing("import { openAgentLog } from 'agentlog';", "await openAgentLog('store')");
  const { stdout } = runNode(code, { cwd: bare });
  expect(JSON.parse(stdout).code).toBe('AGENTLOG_NATIVE_MISSING');
  expect(readdirSync(bare)).not.toContain('store');
});

installed('without either lock package AGENTLOG_NATIVE_MISSING names the commands', () => {
  const flock = `import { tryLockExclusive } from ${inside(bare, 'segment/flock.js')};`;
  const { status, stdout } = runNode(printing(flock, 'tryLockExclusive(0)'), { cwd: bare });
  expect(status).toBe(0);
  const { code, message } = JSON.parse(stdout);
  expect(code).toBe('AGENTLOG_NATIVE_MISSING');
  expect(message).toContain("fs-ext: Cannot find module 'fs-ext'");
  expect(message).toContain('npm install fs-ext@2.1.1 fs-ext-extra-prebuilt@2.2.7');
});

installed('importing the package needs no native at all', () => {
  const { status, stderr } = runNode("import 'agentlog';", { cwd: bare });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

const sqlite = (home: string) => `import { betterSqlite3 } from ${inside(home, 'db/better-sqlite3.js')};`;
const opened = "new (betterSqlite3())(':memory:').prepare('select 1').pluck().get()";

installed('better-sqlite3 13 is refused on Node 20 without a crash', (context) => {
  context.skip(Number(process.versions.node.split('.')[0]) >= 22, 'this Node may use it');
  const { status, signal, stdout } = runNode(printing(sqlite(bare), opened), { cwd: bare });
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  const { code, message } = JSON.parse(stdout);
  expect(code).toBe('AGENTLOG_NATIVE_MISSING');
  expect(message).toContain('version 13.2.0 needs Node 22.0.0 or later and would crash this process');
  expect(message).toContain('npm install better-sqlite3@12');
});

installed('better-sqlite3 13 is used on Node 24', () => {
  const { stdout } = runNode(printing(sqlite(bare), opened), { cwd: bare, node: node24 });
  expect(JSON.parse(stdout)).toEqual({ value: 1 });
});

installed('better-sqlite3 12 without its binary: AGENTLOG_NATIVE_MISSING names the commands', (context) => {
  context.skip(
    Number(process.versions.node.split('.')[0]) >= 22,
    'npm chooses 13 here, which brings its binary',
  );
  const { stdout } = runNode(printing(sqlite(plain), opened), { cwd: plain });
  const { code, message } = JSON.parse(stdout);
  expect(code).toBe('AGENTLOG_NATIVE_MISSING');
  expect(message).toContain('better-sqlite3: Could not locate the bindings file.');
  expect(message).toContain('npm rebuild --ignore-scripts=false better-sqlite3');
});

/** Where there is a URL and an AbortSignal, they are what the options take. */
const WITH_DOM = `
  export const withDom = async () => {
    const log = await openAgentLog('store', { worker: new URL('file:///worker.js') });
    await log.compact({ signal: AbortSignal.timeout(1000) });
  };`;

for (const [module, moduleResolution, lib, more] of [
  ['nodenext', 'nodenext', ['es2023'], ''],
  ['esnext', 'bundler', ['es2023', 'dom'], WITH_DOM],
] as const) {
  installed(`a TypeScript project compiles against the types (${moduleResolution})`, () => {
    const config = join(plain, `tsconfig.${moduleResolution}.json`);
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2022',
      lib,
      strict: true,
      noEmit: true,
      // The declarations themselves are checked too, with no types but those the package brings.
      skipLibCheck: false,
      types: [],
    };
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ['consumer.mts'] }));
    writeFileSync(
      join(plain, 'consumer.mts'),
      `import {
         type AgentLog, AgentLogError, type AgentLogErrorCode, type CompactEvent, type CompactOptions, type CompactProgress,
         type CompactResult, openAgentLog, type SqlOptions, type SqlParameters, type SqlValue,
       } from 'agentlog';
       export const code: AgentLogErrorCode = new AgentLogError('AGENTLOG_IO', 'message').code;
       // @ts-expect-error: the types are there, so a wrong code is an error
       export const wrong: AgentLogErrorCode = 'NO_SUCH_CODE';
       export async function use(): Promise<string[]> {
         const log: AgentLog<{ exit: number }> = await openAgentLog('store', { on: { warning: ({ code }) => void code } });
         const ids = [await log.append({ taskId: 't', type: 'tool', text: 'x', detail: { exit: 0 } })];
         // @ts-expect-error: a detail of another shape
         log.write({ taskId: 't', type: 'tool', text: 'x', detail: { code: 0 } });
         for await (const { id, detail } of log.scan()) ids.push(id + String(detail?.exit));
         await log[Symbol.asyncDispose]();
         return ids;
       }
       export async function ask(log: AgentLog, given: SqlParameters, options: SqlOptions): Promise<SqlValue[]> {
         const [first] = await log.sql('SELECT 1', [1n, 'a', new Uint8Array(1), null], { maxRows: 1 });
         const any: unknown = first?.['x'];
         // @ts-expect-error: nothing that SQLite has
         await log.sql('SELECT ?', [true]);
         const rows = await log.sql<{ text: string }>('SELECT text FROM agentLogEntries', given, options);
         return rows.map(({ text }) => text + String(any));
       }
       export async function compact(worker: { href: string }, options: CompactOptions): Promise<CompactResult> {
         const log = await openAgentLog('store', { worker, on: { compact: ({ left }: CompactEvent) => void left } });
         // @ts-expect-error: nothing that can be aborted
         await log.compact({ signal: {} });
         return log.compact({ ...options, onProgress: ({ segments }: CompactProgress) => void segments });
       }\n${more}`,
    );
    const tsc = join(repositoryRoot, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', config], {
      cwd: plain,
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
}
