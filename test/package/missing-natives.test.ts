/** Hosts that lack a native which only the compactor needs: everything but compaction works, and they are told why. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requireWith } from './support/fake-package.js';
import { linkAgentlog } from './support/linked.js';
import { repositoryRoot } from './support/paths.js';
import { runNode } from './support/run-node.js';
import { tempDir } from './support/temp-dir.js';

/** Another writer's open segment is there, so that the compactor has to ask who holds which lock. */
const USE = `
  import { openAgentLog } from 'agentlog';
  const warnings = [], rejections = [], texts = [];
  const log = await openAgentLog('store', {
    on: { warning: ({ code, message, cause }) => warnings.push({ code, message, cause: cause?.code }) },
  });
  const other = await openAgentLog('store', { compact: false });
  await other.append({ taskId: 't', type: 'text', text: 'one' });
  await log.append({ taskId: 't', type: 'text', text: 'two' });
  for (let i = 0; i < 2; i++) await log.compact().catch(({ code, message }) => rejections.push({ code, message }));
  await log.append({ taskId: 't', type: 'text', text: 'three' });
  await log.close();
  await other.close();
  const reader = await openAgentLog('store', { readOnly: true });
  for await (const { text } of reader.scan()) texts.push(text);
  console.log(JSON.stringify({ warnings, rejections, texts }));`;

interface Told {
  readonly code: string;
  readonly message: string;
  readonly cause?: string;
}

const CRASHING = {
  main: 'process.abort();',
  manifest: { version: '99.0.0', engines: { node: '>=99' } },
};

const lacks: [name: string, packages: string[], fakes: Parameters<typeof requireWith>[1], says: string[]][] =
  [
    [
      'better-sqlite3 is not installed',
      ['fs-ext', 'fs-ext-extra-prebuilt'],
      {},
      ["better-sqlite3: Cannot find module 'better-sqlite3/package.json'", 'npm install better-sqlite3@1'],
    ],
    [
      'better-sqlite3 would crash this Node',
      ['fs-ext', 'fs-ext-extra-prebuilt'],
      { 'better-sqlite3': CRASHING },
      ['better-sqlite3: version 99.0.0 needs Node 99.0.0 or later and would crash this process'],
    ],
    [
      'only fs-ext can lock, which no thread may load',
      ['fs-ext', 'better-sqlite3'],
      {},
      [
        'in a worker thread, where fs-ext would crash the process',
        "fs-ext-extra-prebuilt: Cannot find module 'fs-ext-extra-prebuilt'",
        'npm install fs-ext-extra-prebuilt@',
      ],
    ],
  ];

test.each(lacks)('a host is told once that %s, and loses nothing', (_name, packages, fakes, says) => {
  const dir = tempDir();
  linkAgentlog(dir, packages);
  requireWith(dir, fakes);
  const { status, signal, stdout, stderr } = runNode(USE, { cwd: dir });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  const { warnings, rejections, texts } = JSON.parse(stdout) as {
    warnings: Told[];
    rejections: Told[];
    texts: string[];
  };
  expect(texts).toEqual(['one', 'two', 'three']);
  expect(warnings).toEqual([
    { code: 'AGENTLOG_COMPACTION', message: expect.any(String), cause: 'AGENTLOG_NATIVE_MISSING' },
  ]);
  expect(rejections.map(({ code }) => code)).toEqual(['AGENTLOG_NATIVE_MISSING', 'AGENTLOG_NATIVE_MISSING']);
  for (const { message } of [...warnings, ...rejections]) {
    for (const part of says) expect(message).toContain(part);
  }
  expect(existsSync(join(dir, 'store', 'agent-log.db'))).toBe(false);
});

test('a host goes on compacting when better-sqlite3 can be loaded again', () => {
  const dir = tempDir();
  linkAgentlog(dir, ['fs-ext', 'fs-ext-extra-prebuilt']);
  // What is not there for a moment, or cannot be opened for a moment, Node's loader remembers as missing.
  const { status, stdout, stderr } = runNode(
    `
    import { symlinkSync } from 'node:fs';
    import { openAgentLog } from 'agentlog';
    const log = await openAgentLog('store', { on: { warning: () => undefined } });
    await log.append({ taskId: 't', type: 'text', text: 'one' });
    const codes = [];
    for (let i = 0; i < 2; i++) await log.compact().catch(({ code }) => codes.push(code));
    symlinkSync(${JSON.stringify(join(repositoryRoot, 'node_modules/better-sqlite3'))}, 'node_modules/better-sqlite3');
    const { entries } = await log.compact();
    await log.close();
    console.log(JSON.stringify({ codes, entries }));`,
    { cwd: dir },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({
    codes: ['AGENTLOG_NATIVE_MISSING', 'AGENTLOG_NATIVE_MISSING'],
    entries: 1,
  });
});
