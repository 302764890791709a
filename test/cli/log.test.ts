/** `agentlog log`, in a pipe: test/cli/terminal.test.ts has what is different on a terminal. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StoredEntry } from '../../src/entry.js';
import { openStore, storePath } from '../crash/support/stores.js';
import { agentlog, expectGolden, transcript } from './support/cli.js';
import { HOSTILE_ENTRIES, SOME, sharedStoreOf, storeOf } from './support/entries.js';

const some = sharedStoreOf(SOME);
const all = sharedStoreOf([...SOME, ...HOSTILE_ENTRIES]);

test.each([undefined, 80, 160])('a log on %s columns', async (columns) => {
  const surroundings = columns === undefined ? {} : { columns };
  const asked = [
    ['log', all.path],
    ['log', all.path, 'FN-042', '--details'],
  ];
  const ended = await Promise.all(asked.map((args) => agentlog(args, surroundings)));
  expectGolden(`log-${columns ?? 'pipe'}`, ended.map((one) => transcript(one)).join(''));
});

test('as JSON lines, with details as JSON', async () => {
  const { stdout, code } = await agentlog(['log', some.path, '--json']);
  expect(code).toBe(0);
  const log = await openStore(some.path, { readOnly: true });
  expect(entriesIn(stdout)).toEqual(await log.entries());
  expectGolden('log-json', stdout.replace(/"id":"\w{13}"/g, '"id":"ID"'));
});

test.each([
  { options: ['-n', '2'], texts: ['Waits', '漢字'] },
  { options: ['-n', '0'], texts: [] },
  { options: ['--type', 'tool_call', '--type', 'status'], texts: ['npm test', 'Waits'] },
  { options: ['--agent', 'planner'], texts: ['Reads'] },
  { options: ['--since', '2026-06-02T00:00:02', '--until', '2026-06-02T00:00:02.000Z'], texts: ['Waits'] },
  // The other letters are found in lower case only by a pattern that has none but those.
  { options: ['--grep', 'waits|enospc'], texts: ['ENOSPC', 'Waits'] },
  { options: ['--grep', 'Enospc'], texts: [] },
  { options: ['--grep', '^\\s+at flush'], texts: ['ENOSPC'] },
  { options: ['--grep', 'at', '-n', '1', '--agent', 'executor'], texts: ['ENOSPC'] },
])('$options', async ({ options, texts }) => {
  const { stdout, code } = await agentlog(['log', some.path, '--json', ...options]);
  expect(code).toBe(0);
  expect(entriesIn(stdout).map(({ text }) => texts.find((one) => text.startsWith(one)))).toEqual(texts);
});

test('what the index for searches finds, the oldest first', async () => {
  const store = await storeOf(SOME, { fullText: true });
  const { stdout, stderr, code } = await agentlog(['log', store, '--search', 'the', '--json']);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const found = entriesIn(stdout);
  expect(found.map(({ type }) => type)).toEqual(['text', 'thinking']);
  const log = await openStore(store, { readOnly: true });
  expect(found).toEqual((await log.entries()).slice(0, 2));
  const one = await agentlog(['log', store, '--search', 'the', '--json', '-n', '1']);
  expect(entriesIn(one.stdout)).toEqual(found.slice(1));
});

test('what cannot be done is a plain sentence', async () => {
  const newer = `${some.path}-newer`;
  cpSync(some.path, newer, { recursive: true });
  const manifest = join(newer, 'agentlog.json');
  writeFileSync(
    manifest,
    readFileSync(manifest, 'utf8').replace(/"minReaderVersion": \d+/, '"minReaderVersion": 99'),
  );
  const asked = [
    ['log', some.path, '--grep', '('],
    ['log', some.path, '--search', 'the'],
    ['log', some.path, '--search', 'the', '-f'],
    ['log', some.path, '--since', 'yesterday'],
    ['log', some.path, '--since', '99999999999999999999'],
    ['log', some.path, 'FN-999'],
    ['log', `${some.path}/segments`],
    ['log', `${some.path}/agentlog.json`],
    ['log', `${some.path}/nowhere`],
    ['log', newer],
  ];
  const ended = await Promise.all(asked.map((args) => agentlog(args)));
  const text = ended.map((one) => transcript(one, [[some.path, 'STORE']])).join('');
  expect(text).not.toMatch(/^ +at /m);
  expectGolden('log-errors', text);
});

test('without its database a store is read from its segments, and it is told how it comes back', async () => {
  const store = await storeOf(SOME);
  const damaged = `${store}-damaged`;
  cpSync(store, damaged, { recursive: true });
  const database = join(damaged, 'agent-log.db');
  writeFileSync(database, readFileSync(database).fill(0x55, 4096, 40_000));
  for (const file of readdirSync(store)) if (file.startsWith('agent-log.db')) rmSync(join(store, file));
  let text = '';
  for (const path of [store, damaged]) {
    const before = readdirSync(path, { recursive: true }).filter(
      (name) => !/-(?:shm|wal)$/.test(String(name)),
    );
    const ended = await agentlog(['log', path, '--json']);
    expect(entriesIn(ended.stdout).map((entry) => entry.text)).toEqual(SOME.map((entry) => entry.text));
    text += transcript({ ...ended, stdout: '' }, [[store, 'STORE']]);
    // Nothing was made or taken away.
    const after = readdirSync(path, { recursive: true }).filter(
      (name) => !/-(?:shm|wal)$/.test(String(name)),
    );
    expect(after).toEqual(before);
  }
  expectGolden('log-without-database', text);
});

test('a database that fails in the middle gives what it had, then the segments give the rest, once', async () => {
  const entries = Array.from({ length: 3000 }, (_, n) => ({
    taskId: 't',
    type: 'text',
    text: `line ${n} ${'x'.repeat(300)}`,
  }));
  const store = await storeOf(entries);
  const database = join(store, 'agent-log.db');
  const bytes = readFileSync(database);
  // A page in the middle: what was read before it has been printed.
  const middle = Math.floor(bytes.length / 2 / 8192) * 8192;
  writeFileSync(database, bytes.fill(0x55, middle, middle + 8 * 8192));
  const { stdout, stderr, code } = await agentlog(['log', store, '--json']);
  expect(code).toBe(3);
  expect(stderr).toContain('malformed');
  expect(entriesIn(stdout).map(({ text }) => text)).toEqual(entries.map(({ text }) => text));
});

test('damage in a segment is told, and all else is printed', async () => {
  const store = storePath();
  const log = await openStore(store, { compact: false });
  for (const n of [0, 1, 2]) await log.append({ taskId: 't', type: 'text', text: `entry ${n}` });
  await log.close();
  const [file] = readdirSync(join(store, 'segments'));
  const path = join(store, 'segments', file!);
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('entry 1')]! ^= 1;
  writeFileSync(path, bytes);
  const ended = await agentlog(['log', store]);
  expect(ended.code).toBe(3);
  expect(ended.stdout).toContain('entry 0');
  expect(ended.stdout).toContain('entry 2');
  expect(ended.stdout).not.toContain('entry 1');
  const name = file!.split('.')[0]!;
  const masks = [
    [store, 'STORE'],
    [name, 'SEGMENT'],
    [/\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d/g, 'TIME'],
  ] as const;
  expectGolden('log-damaged', transcript(ended, masks));
});

function entriesIn(lines: string): StoredEntry[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
