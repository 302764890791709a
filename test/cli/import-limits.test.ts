/** `agentlog import` of what is large, odd or not meant for it: in bounded memory, and nothing is changed in silence. */
import { appendFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { parseMapping } from '../../tools/cli/import/mapping.js';
import { SqliteTable } from '../../tools/cli/import/sqlite-table.js';
import { tempDir } from '../package/support/temp-dir.js';
import { agentlog } from './support/cli.js';
import { entriesIn, imported, marksIn } from './support/import-sources.js';
import { onTerminal, terminalMissing } from './support/terminal.js';

const TABLE = 'CREATE TABLE t (taskId TEXT, timestamp, text TEXT, more TEXT);';
const TIME = 1_767_000_000;

function database(...sql: string[]): string {
  const path = join(tempDir(), 'some.db');
  const db = new Database(path);
  for (const one of [TABLE, ...sql]) db.exec(one);
  db.close();
  return path;
}

function rowsOf(count: number, values: string): string {
  return `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) INSERT INTO t SELECT ${values} FROM n`;
}

const piecesOf = (path: string) => [...new SqliteTable(path, 't', parseMapping(undefined)).pieces(undefined)];

function lines(...all: string[]): string {
  const path = join(tempDir(), 'some.jsonl');
  writeFileSync(path, all.map((line) => `${line}\n`).join(''));
  return path;
}

const line = (more: string, taskId = '"t"') => `{"taskId":${taskId},"timestamp":${TIME},"text":"x"${more}}`;

it('a batch ends where what is beside the texts gets large', () => {
  const path = database(rowsOf(300, `'t', ${TIME}, '', hex(zeroblob(20000))`));
  for (const { entries } of piecesOf(path)) expect(entries.length).toBeLessThan(50);
});

it('a batch ends where nothing can be taken, too', () => {
  const path = database(rowsOf(10_000, "'t', '2026-01-01 00:00:00', '', ''"));
  for (const { problems } of piecesOf(path)) expect(problems.length).toBeLessThanOrEqual(500);
});

it('the first and the last row that there can be, twice', async () => {
  const path = database(
    ...['9223372036854775807', '-9223372036854775808', '1'].map(
      (rowid) => `INSERT INTO t (rowid, taskId, timestamp, text) VALUES (${rowid}, 't', ${TIME}, '${rowid}')`,
    ),
  );
  const store = join(tempDir(), 'store');
  for (const entries of [3, 0])
    expect(await imported(0, store, path, '--from', 'sqlite', '--table', 't')).toMatchObject({ entries });
});

it('texts of a database that are no UTF-8 are taken, and told', async () => {
  const path = database(
    `INSERT INTO t VALUES ('t', ${TIME}, CAST(x'41ff42' AS TEXT), 'good')`,
    `INSERT INTO t VALUES ('t', ${TIME}, 'meant so \ufffd', 'good')`,
    `INSERT INTO t VALUES ('t', ${TIME}, 'good', CAST(x'eda080' AS TEXT))`,
  );
  const store = join(tempDir(), 'store');
  const { problems } = await imported(3, store, path, '--from', 'sqlite', '--table', 't');
  expect(problems).toEqual([
    expect.objectContaining({ where: expect.stringContaining('row 1 of t'), entries: 0 }),
    expect.objectContaining({ where: expect.stringContaining('row 3 of t'), entries: 0 }),
  ]);
  expect((await entriesIn(store)).map(({ text }) => text)).toEqual(['A\ufffdB', 'meant so \ufffd', 'good']);
});

it('numbers that JavaScript cannot hold stay what they are', async () => {
  const path = lines(
    line(String.raw`,"a":{"n":-9007199254740993,"\"12345678901234567890":[1e400,12.5e-3,1e-400,0e999]}`),
    line(',"same":"9007199254740993","s":1.7976931348623157e308', '12345678901234567891'),
    `{"taskId":"t","timestamp":1767000000123000001,"text":9007199254740993}`,
  );
  const store = join(tempDir(), 'store');
  await imported(0, store, path, '--from', 'jsonl');
  expect(await entriesIn(store)).toMatchObject([
    { detail: { a: { n: '-9007199254740993', '"12345678901234567890': ['1e400', 0.0125, '1e-400', 0] } } },
    { taskId: '12345678901234567891', detail: { same: '9007199254740993', s: Number.MAX_VALUE } },
    {
      timestamp: 1_767_000_000_123,
      text: '9007199254740993',
      detail: { timestamp: '1767000000123000001' },
    },
  ]);
});

it('entries of the task of the marks are told: they would be taken for marks, and go with them', async () => {
  const marks = '"agentlog:imports"';
  const path = lines(line(''), line(',"type":"imported"', marks), line('', marks), line(''));
  const store = join(tempDir(), 'store');
  expect(await imported(3, store, path, '--from', 'jsonl')).toMatchObject({ entries: 2, skipped: 2 });
  expect(await imported(0, store, path, '--from', 'jsonl')).toMatchObject({ entries: 0, entriesBefore: 2 });
  expect(await marksIn(store)).toBe(1);
});

it('a line that is too long is told, also where its end is not there yet', async () => {
  const path = lines(line(''), 'x'.repeat(65 * 1024 * 1024));
  truncateSync(path, statSync(path).size - 1);
  const store = join(tempDir(), 'store');
  const first = await imported(0, store, path, '--from', 'jsonl');
  expect(first).toMatchObject({ entries: 1, unfinished: [`${path}:2`] });
  appendFileSync(path, `\n${line('')}\n`);
  expect(await imported(3, store, path, '--from', 'jsonl')).toMatchObject({ entries: 1, skipped: 1 });
});

it('a database is no file of lines, and no store is made', async () => {
  const store = join(tempDir(), 'store');
  const { code, stderr } = await agentlog(['import', store, database(), '--from', 'jsonl']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('--from sqlite')]);
  expect(existsSync(store)).toBe(false);
});

describe('columns that are generated', () => {
  const generated = () =>
    database(
      `CREATE TABLE g (id INTEGER PRIMARY KEY, run TEXT AS (payload ->> 'run'), payload TEXT, at INTEGER AS (id + ${TIME}) STORED)`,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       INSERT INTO g (id, payload) SELECT i, json_object('run', 'r' || i) FROM n`,
    );
  const args = (map: string) => ['--from', 'sqlite', '--table', 'g', '--map', map];

  it('are mapped as others are', async () => {
    const store = join(tempDir(), 'store');
    await imported(0, store, generated(), ...args('taskId=run,timestamp=at,text=payload'));
    const found = await entriesIn(store);
    expect(found).toHaveLength(1000);
    const timestamp = (TIME + 7) * 1000;
    expect(found[6]).toEqual({
      taskId: 'r7',
      type: 'text',
      text: '{"run":"r7"}',
      timestamp,
      detail: { id: 7 },
    });
  });

  it('that nobody asks for do not end it where they cannot be computed', async () => {
    const path = database(
      'CREATE TABLE g (id INTEGER PRIMARY KEY, at INTEGER, payload TEXT)',
      `INSERT INTO g (at, payload) VALUES (${TIME}, 'no JSON')`,
      "ALTER TABLE g ADD COLUMN run TEXT AS (payload ->> 'run')",
    );
    const store = join(tempDir(), 'store');
    expect(await imported(0, store, path, ...args('taskId=id,timestamp=at,text=payload'))).toMatchObject({
      entries: 1,
    });
  });

  it('stand on pages when they are stored', async () => {
    const path = generated();
    const db = new Database(path);
    const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'g'").pluck().get() as number;
    db.close();
    const bytes = readFileSync(path);
    bytes.fill(0, (root - 1) * 4096, root * 4096);
    writeFileSync(path, bytes);
    const store = join(tempDir(), 'store');
    await imported(3, store, path, ...args('taskId=id,timestamp=at,text=payload'));
    const found = await entriesIn(store);
    expect(found.map(({ taskId }) => taskId)).toEqual(Array.from({ length: 1000 }, (_, i) => String(i + 1)));
    expect(found[6]).toMatchObject({ text: '{"run":"r7"}', timestamp: (TIME + 7) * 1000 });
  });
});

it('only tables of SQLite itself are none of a program', async () => {
  const path = database(
    'CREATE TABLE sqliteslog (taskId, timestamp, text)',
    `INSERT INTO sqliteslog VALUES ('t', ${TIME}, 'x')`,
  );
  const store = join(tempDir(), 'store');
  const args = [store, path, '--from', 'sqlite', '--table'] as const;
  expect(await imported(0, ...args, 'sqliteslog')).toMatchObject({ entries: 1 });
  const { code, stderr } = await agentlog(['import', ...args, 'sqlite_schema']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('has no table sqlite_schema; it has t')]);
});

it('numbers with more digits than JavaScript holds, before the point and behind it', async () => {
  const path = lines(line(',"n":[1234567890.12345678901,0.1234567]'));
  const store = join(tempDir(), 'store');
  await imported(0, store, path, '--from', 'jsonl');
  expect(await entriesIn(store)).toMatchObject([{ detail: { n: ['1234567890.12345678901', 0.1234567] } }]);
});

it('a file that is no database is none of Fusion, and no store is made', async () => {
  const store = join(tempDir(), 'store');
  const { code, stderr } = await agentlog(['import', store, lines(line('')), '--from', 'fusion-sqlite']);
  expect([code, stderr]).toEqual([3, expect.stringContaining('it is no SQLite database')]);
  expect(existsSync(store)).toBe(false);
});

it("a store's own database is refused: what is not in it yet would be missing, or come twice", async () => {
  const store = join(tempDir(), 'store');
  await imported(0, store, lines(line('')), '--from', 'jsonl');
  const own = join(store, 'agent-log.db');
  for (const into of [store, join(tempDir(), 'other')]) {
    const { code, stderr } = await agentlog(['import', into, own, '--from', 'fusion-sqlite']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('agentlog export')]);
  }
});

it('a view has no rows of its own, and is named as what it is', async () => {
  const path = database('CREATE VIEW v AS SELECT * FROM t');
  const { code, stderr } = await agentlog(['import', 'store', path, '--from', 'sqlite', '--table', 'v']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('v is a view')]);
});

it('a row that cannot be taken is told with its table', async () => {
  const path = database(`INSERT INTO t VALUES ('t', 'never', 'x', NULL)`);
  const store = join(tempDir(), 'store');
  const { problems } = await imported(3, store, path, '--from', 'sqlite', '--table', 't');
  expect(problems).toEqual([expect.objectContaining({ where: `row 1 of t of ${path}` })]);
});

it('what is nested without an end is told, and ends no import', async () => {
  const deep = '['.repeat(60_000) + ']'.repeat(60_000);
  const path = lines(
    line(''),
    line(String.raw`,"spelt":"\ud83d\ude00","deep":${deep}`),
    `{"taskId":"t","timestamp":${TIME},"text":${deep}}`,
    `{"taskId":"t","timestamp":${deep},"text":"x"}`,
    `{"taskId":"t","timestamp":{"toString":5},"text":"x"}`,
    line(''),
  );
  const store = join(tempDir(), 'store');
  const { entries, problems } = await imported(3, store, path, '--from', 'jsonl');
  expect(problems.map(({ where }: { where: string }) => where)).toEqual(
    [2, 3, 4, 5].map((n) => `${path}:${n}`),
  );
  expect([entries, (await entriesIn(store)).length]).toEqual([2, 2]);
});

it.skipIf(terminalMissing() !== undefined)('progress is never more than all of it', async () => {
  const path = database(
    `WITH RECURSIVE n(i) AS (SELECT -200000 UNION ALL SELECT i + 1 FROM n WHERE i < -1)
     INSERT INTO t (rowid, taskId, timestamp, text) SELECT i, 't', ${TIME}, '' FROM n`,
  );
  const store = join(tempDir(), 'store');
  const { screen, code } = await onTerminal(['import', store, path, '--from', 'sqlite', '--table', 't']);
  expect(code).toBe(0);
  const shown = [...screen.matchAll(/(-?\d+)%/g)].map(([, percent]) => Number(percent));
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((percent) => percent < 0 || percent > 100)).toEqual([]);
});
