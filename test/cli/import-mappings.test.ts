/** `agentlog import --map`: what becomes of tables and lines that were not made for it. Nothing of them gets lost. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { IMPORT } from '../../tools/cli/definitions/importing.js';
import { timeOf } from '../../tools/cli/import/time-value.js';
import { tempDir } from '../package/support/temp-dir.js';
import { agentlog } from './support/cli.js';
import { entriesIn, imported } from './support/import-sources.js';
import { misfits } from './support/shape.js';

async function ofTable(sql: string, ...args: string[]) {
  const root = tempDir();
  const path = join(root, 'some.db');
  const db = new Database(path);
  db.exec(sql);
  db.close();
  const store = join(root, 'store');
  const result = await imported(0, store, path, '--from', 'sqlite', ...args);
  expect(misfits(result, IMPORT.json)).toEqual([]);
  return entriesIn(store);
}

it('hermes-agent', async () => {
  const found = await ofTable(
    `CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, role TEXT NOT NULL, content TEXT,
      tool_call_id TEXT, tool_calls TEXT, tool_name TEXT, timestamp REAL NOT NULL, token_count INTEGER, display_identity BLOB);
     INSERT INTO messages VALUES (1, 's1', 'user', 'Do it.', NULL, NULL, NULL, 1767000000.5, 3, NULL);
     INSERT INTO messages VALUES (2, 's1', 'assistant', NULL, NULL, '[{"id":"c1","n":1}]', NULL, 1767000001.123456, 9007199254740993, x'00ff');`,
    '--map',
    'hermes',
  );
  expect(found).toEqual([
    {
      taskId: 's1',
      type: 'user',
      text: 'Do it.',
      timestamp: 1_767_000_000_500,
      detail: { id: 1, token_count: 3 },
    },
    {
      taskId: 's1',
      type: 'assistant',
      text: '',
      timestamp: 1_767_000_001_123,
      detail: {
        id: 2,
        content: null,
        tool_calls: [{ id: 'c1', n: 1 }],
        timestamp: 1767000001.123456,
        token_count: '9007199254740993',
        display_identity: { base64: 'AP8=' },
      },
    },
  ]);
});

it('crush', async () => {
  const parts = [
    { type: 'reasoning', data: { thinking: 'Hm.' } },
    { type: 'text', data: { text: 'Let me see.' } },
    { type: 'tool_call', data: { id: 'c', name: 'ls', input: '{}' } },
    { type: 'finish', data: { reason: 'tool_use', time: 1 } },
  ];
  const found = await ofTable(
    `CREATE TABLE messages (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, role TEXT NOT NULL, parts BLOB NOT NULL default '[]', model TEXT,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, finished_at INTEGER);
     INSERT INTO messages VALUES ('m1', 's', 'assistant', '${JSON.stringify(parts)}', 'some', 1767000000, 1767000009, NULL);`,
    '--map',
    'crush',
  );
  expect(found).toEqual([
    {
      taskId: 's',
      type: 'assistant',
      text: 'Hm.\n\nLet me see.\n\nls {}',
      timestamp: 1_767_000_000_000,
      detail: { id: 'm1', parts, model: 'some', updated_at: 1_767_000_009 },
    },
  ]);
});

it('texts that look like JSON stay what they are, unless they would be spelt again just so', async () => {
  const texts = [
    '{"a":1}',
    '{"a": 1}',
    '{"a":1.0}',
    '{"a":1,"a":2}',
    '"a"',
    '5',
    '[',
    '["\\ud800"]',
    '{"__proto__":1}',
  ];
  const found = await ofTable(
    `CREATE TABLE t (taskId, text, timestamp, detail);
     ${texts.map((text) => `INSERT INTO t VALUES ('t', '', 1767000000, '${text}');`).join('')}`,
    '--table',
    't',
  );
  const kept = found.map(({ detail }) => (typeof detail === 'string' ? detail : JSON.stringify(detail)));
  expect(kept).toEqual(texts);
  expect(found.map(({ detail }) => typeof detail === 'string')).toEqual(texts.map((_, i) => i > 0 && i < 8));
});

describe('any JSON lines', () => {
  const lines = (root: string, ...all: unknown[]) => {
    const path = join(root, 'some.jsonl');
    writeFileSync(path, all.map((one) => `${JSON.stringify(one)}\n`).join(''));
    return path;
  };

  it('by a mapping, which stays the same', async () => {
    const root = tempDir();
    const store = join(root, 'store');
    const path = lines(root, { run: 7, message: { a: [1] }, at: '2026-01-01 00:00:00', who: null, x: 'y' });
    const map = ['--map', 'taskId=run,text=message,timestamp=at'];
    const noZone = await imported(3, store, path, '--from', 'jsonl', ...map);
    expect(noZone).toMatchObject({ entries: 0, skipped: 1 });
    await imported(0, store, path, '--from', 'jsonl', ...map, '--zone', 'utc');
    expect(await entriesIn(store)).toEqual([
      {
        taskId: '7',
        type: 'text',
        text: '{"a":[1]}',
        timestamp: Date.UTC(2026, 0, 1),
        detail: { at: '2026-01-01 00:00:00', who: null, x: 'y' },
      },
    ]);
    const { code, stderr } = await agentlog(['import', store, path, '--from', 'jsonl', ...map]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('with another mapping')]);
  });

  it('that have halves of characters are taken, and told', async () => {
    const root = tempDir();
    const path = lines(root, { taskId: 't', text: 'cut \ud83d', timestamp: 1_767_000_000 });
    const { entries, problems } = await imported(3, join(root, 'store'), path, '--from', 'jsonl');
    expect([entries, problems]).toEqual([1, [expect.objectContaining({ where: `${path}:1`, entries: 0 })]]);
    expect((await entriesIn(join(root, 'store')))[0]!.text).toBe('cut \ufffd');
  });
});

it.each([
  [1_767_000_000, 1_767_000_000_000],
  [1_767_000_000_001, 1_767_000_000_001],
  [1_767_000_000_001_002, 1_767_000_000_001],
  [1_767_000_000_001_002_003n, 1_767_000_000_001],
  ['1767000000.25', 1_767_000_000_250],
  ['2026-01-01T01:00:00.123456+01:00', Date.UTC(2026, 0, 1) + 123],
  ['2026-02-30T00:00:00Z', undefined],
  ['2026-02-28T23:59:59.999Z', Date.UTC(2026, 2, 1) - 1],
  ['2026-02-30T00:00:00.000Z', undefined],
  // Of the same minute as the one before.
  ['2026-02-30T00:00:01.000Z', undefined],
  ['2026-02-28T23:59:60.000Z', undefined],
  ['2026-01-01 00:00:00', undefined],
  [5, undefined],
  [20_260_101, undefined],
  [50_000_000_000, undefined],
  ['yesterday', undefined],
  [null, undefined],
])('the time %s', (value, milliseconds) => {
  expect(timeOf(value, undefined)?.milliseconds).toBe(milliseconds);
});

it('a field that is not there is told by the name that was looked for', async () => {
  const root = tempDir();
  const path = join(root, 'runs.jsonl');
  const lines = [
    { time: 1, run: 'r', text: 'x' },
    { timestamp: 1_767_000_000_000, text: 'x' },
  ];
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { problems } = await imported(3, join(root, 'store'), path, '--from', 'jsonl', '--map', 'taskId=run');
  expect(problems.map(({ what }: { what: string }) => what)).toEqual([
    'it has no timestamp',
    'it has no run, which is to be its taskId',
  ]);
});

it.each([
  [['x.db', '--from', 'sqlite'], 'say which table'],
  [['x.db'], 'say what it is'],
  [['x.db', '--from', 'sqlite', '--table', 'nothing'], 'it has messages'],
  [['x.db', '--from', 'sqlite', '--table', 'messages', '--map', 'text=body'], 'has no column body'],
  [['x.db', '--from', 'sqlite', '--table', 'messages', '--map', 'body'], 'says no field'],
  [['x.db', '--from', 'fusion-sqlite', '--map', 'crush'], 'knows its fields'],
  [['nowhere', '--from', 'jsonl'], 'there is no nowhere'],
])('agentlog import store %j is refused, and makes no store', async (args, why) => {
  const cwd = tempDir();
  const db = new Database(join(cwd, 'x.db'));
  db.exec('CREATE TABLE messages (taskId, timestamp, text)');
  db.close();
  const { code, stderr } = await agentlog(['import', 'store', ...args], { cwd });
  expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
  expect((await agentlog(['status', 'store'], { cwd })).stderr).toContain('there is no store');
});
