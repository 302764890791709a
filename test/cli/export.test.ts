/** `agentlog export`: another program gets exactly what was logged. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Entry } from '../../src/entry.js';
import { openStore } from '../crash/support/stores.js';
import { tempDir } from '../package/support/temp-dir.js';
import { agentlog, environment, expectGolden, PROGRAM, transcript } from './support/cli.js';
import { HOSTILE_ENTRIES, SOME, sharedStoreOf, storeOf } from './support/entries.js';

const some = sharedStoreOf(SOME);

/** What CSV might lose. */
const AWKWARD: readonly Entry[] = [
  { taskId: 'quotes', type: 'a,b', agent: '"', text: 'say "hello", and\r\nleave' },
  { taskId: 'ends of lines', type: 't', text: '\rlone\rreturns\r\nand\nfeeds\n\r' },
  { taskId: 'nulls', type: 't', text: 'a\u0000b\u0000', detail: { a: ['"', ',', '\n', '\u0000'] } },
  { taskId: 'empty', type: '', agent: '', text: '', detail: '' },
  { taskId: 'none', type: '', text: ' spaces\t', detail: null },
  { taskId: 'far', type: 't', text: '=1+1', timestamp: Number.MAX_SAFE_INTEGER, detail: -0.5 },
];

test('JSON lines have what reading gives', async () => {
  const store = await storeOf([...SOME, ...HOSTILE_ENTRIES, ...AWKWARD]);
  const log = await openStore(store, { readOnly: true });
  const { stdout, stderr, code } = await agentlog(['export', store]);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(await log.entries());
  const same = await agentlog(['export', store, '--json']);
  expect(same.stdout).toBe(stdout);
});

test('CSV has the same, for whoever reads it as RFC 4180 says', async () => {
  const store = await storeOf([...SOME, ...HOSTILE_ENTRIES, ...AWKWARD]);
  const log = await openStore(store, { readOnly: true });
  const { stdout, stderr, code } = await agentlog(['export', store, '--csv']);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const [names, ...rows] = readCsv(stdout);
  expect(names).toEqual(['id', 'taskId', 'time', 'timestamp', 'type', 'agent', 'text', 'detail']);
  const expected = (await log.entries()).map(({ id, taskId, timestamp, type, agent, text, detail }) => [
    id,
    taskId,
    timestamp > 8.64e15 ? undefined : new Date(timestamp).toISOString(),
    String(timestamp),
    type,
    agent,
    text,
    detail === undefined ? undefined : JSON.stringify(detail),
  ]);
  expect(rows).toEqual(expected);
  expectGolden('export-csv', stdout.replace(/^0[0-9A-Z]{12}/gm, 'ID'));
});

test('only what a filter leaves', async () => {
  const filter = ['--task', 'FN-042', '--type', 'tool_call', '--type', 'tool_error', '--agent', 'executor'];
  const time = ['--since', '2026-06-02T00:00:01', '--until', '2026-06-02T00:00:01'];
  const { stdout } = await agentlog(['export', some.path, ...filter]);
  expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  const one = await agentlog(['export', some.path, ...filter, ...time]);
  expect(JSON.parse(one.stdout).text).toBe(SOME[3]!.text);
  const none = await agentlog(['export', some.path, '--csv', '--task', 'FN-999']);
  expect(none.stdout).toBe('id,taskId,time,timestamp,type,agent,text,detail\r\n');
});

test('into a file of its own, for nobody else to read', async () => {
  const out = join(tempDir(), 'out.jsonl');
  const ended = await agentlog(['export', some.path, '--out', out]);
  expect(ended).toEqual({ stdout: '', stderr: '', code: 0 });
  expect(readFileSync(out, 'utf8')).toBe((await agentlog(['export', some.path])).stdout);
  expect(statSync(out).mode & 0o777).toBe(0o600);
});

test('what is there is not written over, and what fails leaves nothing', async () => {
  const store = await storeOf(
    Array.from({ length: 2000 }, (_, n) => ({ taskId: 't', type: 'text', text: `${n} ${'x'.repeat(200)}` })),
  );
  const out = join(tempDir(), 'out.jsonl');
  writeFileSync(out, 'mine');
  const there = await agentlog(['export', store, '--out', out]);
  expect(readFileSync(out, 'utf8')).toBe('mine');
  const full = join(tempDir(), 'full.jsonl');
  // Of the kernel, which stands for a disk that is full.
  const { stdout, stderr, status } = spawnSync(
    '/bin/sh',
    [
      '-c',
      `trap '' XFSZ; ulimit -f 100; exec "$@"`,
      'sh',
      process.execPath,
      PROGRAM,
      'export',
      store,
      '--out',
      full,
    ],
    { encoding: 'utf8', env: environment() },
  );
  expect(existsSync(full)).toBe(false);
  const nowhere = await agentlog(['export', store, '--out', '/nowhere/out.jsonl']);
  const both = await agentlog(['export', store, '--csv', '--json']);
  const masks = [
    [out, 'OUT'],
    [full, 'FULL'],
  ] as const;
  const all = [there, { stdout, stderr, code: status }, nowhere, both];
  expectGolden('export-errors', all.map((ended) => transcript(ended, masks)).join(''));
});

test('whoever does not read stderr gets everything all the same', async () => {
  const store = await storeOf(SOME);
  for (const file of readdirSync(store)) if (file.startsWith('agent-log.db')) rmSync(join(store, file));
  const child = spawn(process.execPath, [PROGRAM, 'export', store], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.destroy();
  let lines = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    lines += text;
  });
  const [code] = await once(child, 'close');
  expect(lines.trimEnd().split('\n')).toHaveLength(SOME.length);
  expect(code).toBe(3);
});

/** Fields of rows; one that is empty and has no quotes is undefined. */
function readCsv(text: string): (string | undefined)[][] {
  const rows: (string | undefined)[][] = [];
  let row: (string | undefined)[] = [];
  for (let at = 0; at < text.length; ) {
    let field: string | undefined;
    if (text[at] === '"') {
      field = '';
      for (at++; text[at] !== '"' || text[++at] === '"'; ) field += text[at++];
    } else {
      const plain = /[^,\r]*/y;
      plain.lastIndex = at;
      field = plain.exec(text)![0];
      at += field.length;
      if (field === '') field = undefined;
    }
    row.push(field);
    if (text[at] === ',') at++;
    else {
      expect(text.slice(at, at + 2)).toBe('\r\n');
      at += 2;
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
