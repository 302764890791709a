/** The database by itself: what comes in, what is erased, what is kept about it, and how it ends. */
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { betterSqlite3, type Connection } from '../../src/db/better-sqlite3.js';
import { openForWriting } from '../../src/db/connection.js';
import { RowReader } from '../../src/db/row-reader.js';
import { RowStore } from '../../src/db/row-store.js';
import type { Deletion } from '../../src/deletion.js';
import type { Row } from '../../src/destination.js';
import { tempDir } from '../package/support/temp-dir.js';
import { Random } from '../support/random.js';

const place = () => join(tempDir(), 'agent-log.db');

function openStore(path: string, fullText = false): RowStore {
  return RowStore.open(path, { allowUnsafeSqlite: false, fullText });
}

/** For what the store itself does not do. */
function outside(path: string): Connection {
  const db = new (betterSqlite3())(path);
  onTestFinished(() => void db.close());
  return db;
}

function row(n: number, more: Partial<Row> = {}): Row {
  const idLow = (n * 1024 + 3) >>> 0;
  return {
    ...{ idHigh: 200_000_000, idLow, taskId: `task ${n % 3}`, type: n % 2 ? 'text' : 'tool_result' },
    ...{ agent: n % 4 ? 'executor' : undefined, text: `text ${n} é`, detail: n % 5 ? undefined : '{"n":1}' },
    timestamp: 1_700_000_000_000 + n,
    ...more,
  };
}

function ingest(store: RowStore, rows: readonly Row[]): string[] {
  store.begin();
  const arrivals = rows.map((one) => store.add(one));
  store.commit();
  return arrivals;
}

function deletion(taskId: string | null, upTo: number, before: number | null = null): Deletion {
  const { idHigh: high, idLow: low } = row(upTo);
  return { taskId, before, upTo: [{ high, low }] };
}

function erase(store: RowStore, request: Deletion, most = 1_000_000): number {
  store.begin();
  const count = store.erase(request, most);
  if (count < most) store.recordDeletion(request);
  store.commit();
  return count;
}

const COUNTED = `
  SELECT taskId, type, count(*) AS entries, max(id) AS lastId,
    sum(octet_length(taskId) + octet_length(type) + octet_length(text)
      + ifnull(octet_length(agent), 0) + ifnull(octet_length(detail), 0)) AS bytes,
    timestamp AS lastTimestamp -- beside max(), of the row that has the maximum
  FROM agentLogEntries GROUP BY taskId, type`;

function expectCountersToBeRight(db: Connection): void {
  const columns = 'taskId, type, entries, lastId, bytes, lastTimestamp';
  const counters = db.prepare(`SELECT ${columns} FROM agentLogTasks ORDER BY 1, 2`).safeIntegers().all();
  expect(counters).toEqual(
    db.prepare(`SELECT ${columns} FROM (${COUNTED}) ORDER BY 1, 2`).safeIntegers().all(),
  );
}

it('says of each row whether it is new, known, in conflict or deleted, and changes nothing that is there', () => {
  const path = place();
  const store = openStore(path);
  const { text } = row(1);
  expect(ingest(store, [row(1), row(2)])).toEqual(['new', 'new']);
  expect(ingest(store, [row(1), row(3)])).toEqual(['known', 'new']);
  for (const other of [
    { text: 'x' },
    { taskId: 'x' },
    { type: 'x' },
    { agent: 'x' },
    { agent: undefined },
    { detail: '1' },
    { timestamp: 1 },
  ])
    expect(ingest(store, [row(1, other)])).toEqual(['conflict']);
  expect(erase(store, deletion('task 2', 2))).toBe(1);
  expect(ingest(store, [row(2), row(5)])).toEqual(['deleted', 'new']);
  const db = outside(path);
  expect(db.prepare('SELECT text FROM agentLogEntries').pluck().all()).toEqual([
    text,
    row(3).text,
    row(5).text,
  ]);
  expectCountersToBeRight(db);
  store.closeCleanly();
});

it('forgets what was rolled back, counters included', () => {
  const path = place();
  const store = openStore(path);
  ingest(store, [row(1)]);
  store.begin();
  for (let n = 2; n < 50; n++) store.add(row(n));
  store.erase(deletion(null, 10), 1000);
  store.recordDeletion(deletion(null, 10));
  store.add(row(60));
  store.rollback();
  expect(ingest(store, [row(2)])).toEqual(['new']);
  expectCountersToBeRight(outside(path));
  store.close();
});

it('keeps counters equal to the rows through random additions and erasures (40 seeds)', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Random(seed);
    const path = place();
    const store = openStore(path, random.chance(0.5));
    const db = outside(path);
    const rows = new Map<number, Row>();
    const deletions: { taskId: string | null; upTo: number; before: number | null }[] = [];
    const names = ({ taskId, upTo, before }: (typeof deletions)[number], n: number, one: Row) =>
      (taskId === null || taskId === one.taskId) && n <= upTo && (before === null || one.timestamp < before);
    for (let step = 0; step < 12; step++) {
      const added = Array.from({ length: random.below(60) }, () => random.between(1, 400));
      ingest(
        store,
        added.map((n) => row(n)),
      );
      for (const n of added) {
        if (!deletions.some((one) => names(one, n, row(n)))) rows.set(n, row(n));
      }
      if (random.chance(0.5)) {
        const taskId = random.pick([null, 'task 0', 'task 1', 'task 9']);
        const upTo = random.between(1, 400);
        const before = random.chance(0.5) ? row(random.between(1, 400)).timestamp : null;
        deletions.push({ taskId, upTo, before });
        const request = deletion(taskId, upTo, before);
        // Little by little, as a large one is.
        while (erase(store, request, 7) === 7);
        for (const [n, one] of rows) if (names(deletions.at(-1)!, n, one)) rows.delete(n);
      }
      const texts = db.prepare('SELECT text FROM agentLogEntries ORDER BY id').pluck().all();
      expect(texts).toEqual([...rows].sort(([a], [b]) => a - b).map(([, { text }]) => text));
      expectCountersToBeRight(db);
    }
    store.close();
  }
});

it('never erases entries of a slot that the deletion does not list', () => {
  const path = place();
  const store = openStore(path);
  const other = row(1, { idLow: 1024 + 4 });
  ingest(store, [row(1), other]);
  expect(erase(store, deletion(null, 100))).toBe(1);
  expect(outside(path).prepare('SELECT id & 1023 FROM agentLogEntries').pluck().all()).toEqual([4]);
  store.close();
});

it.each(['id', 'taskId', 'timestamp', 'type', 'agent', 'text', 'detail'])(
  'a %s that changed behind its back is found by whoever reads the row',
  async (column) => {
    const path = place();
    const store = openStore(path);
    ingest(store, [row(5), row(10)]);
    store.closeCleanly();
    const reader = new RowReader(path);
    expect(await areDamaged(reader)).toEqual([false, false]);
    const db = outside(path);
    const set = ['id', 'timestamp'].includes(column) ? `${column} + 1` : `${column} || 'x'`;
    const change = column === 'detail' ? `'{"n":2}'` : set;
    const where = `id & 0xffffffff = ${row(5).idLow}`;
    db.exec(`UPDATE agentLogEntries SET ${column} = ${change} WHERE ${where}`);
    expect(await areDamaged(reader)).toEqual([true, false]);
    reader.close();
  },
);

async function areDamaged(reader: RowReader): Promise<boolean[]> {
  const range = { after: { high: 0, low: 0 }, before: { high: 0x7fff_ffff, low: 0 } };
  const page = await reader.ask((rows) =>
    rows?.page({ filter: {}, range, order: 'asc', most: 100, looks: 100 }),
  );
  return page!.rows.map((one) => 'isDamaged' in one);
}

it('text moved from one column to its neighbour is another row', async () => {
  const path = place();
  const store = openStore(path);
  ingest(store, [row(1, { taskId: 'ab', type: 'c' })]);
  store.close();
  outside(path).exec("UPDATE agentLogEntries SET taskId = 'a', type = 'bc'");
  const reader = new RowReader(path);
  expect((await areDamaged(reader))[0]).toBe(true);
  reader.close();
});

it('remembers that it was not closed, until it was checked, and no longer than that', () => {
  const path = place();
  const first = openStore(path);
  expect(first.mustBeChecked).toBe(false);
  ingest(first, [row(1)]);
  first.close();
  const second = openStore(path);
  expect(second.mustBeChecked).toBe(true);
  second.closeCleanly();
  // A clean end of somebody who did not check says nothing about what was before.
  const third = openStore(path);
  expect(third.mustBeChecked).toBe(true);
  expect(third.check()).toBeUndefined();
  expect(third.mustBeChecked).toBe(false);
  expect(third.closeCleanly()).toBe(true);
  const fourth = openStore(path);
  expect(fourth.mustBeChecked).toBe(false);
  fourth.close();
});

it('leaves an empty log behind when it is closed, so that the database can be read where nothing can be written', () => {
  const path = place();
  const store = openStore(path);
  ingest(
    store,
    Array.from({ length: 500 }, (_, n) => row(n)),
  );
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
  expect(store.closeCleanly()).toBe(true);
  expect(statSync(`${path}-wal`).size).toBe(0);
});

it('a checkpoint is full only when no reader needs the log, and a close then says that it could not empty it', () => {
  const path = place();
  const store = openStore(path);
  ingest(store, [row(1)]);
  const reader = outside(path);
  reader.exec('BEGIN; SELECT * FROM agentLogEntries');
  reader.prepare('SELECT count(*) FROM agentLogEntries').get();
  ingest(store, [row(2)]);
  expect(store.checkpoint().isFull).toBe(false);
  expect(store.readers).toMatch(process.platform === 'linux' ? `this process (${process.pid})` : /process/);
  expect(store.closeCleanly()).toBe(false);
  reader.exec('COMMIT');
  const next = openStore(path);
  expect(next.checkpoint().isFull).toBe(true);
  next.close();
});

it('is set up so that commits are synced, nobody else checkpoints, and pages are large', () => {
  const path = place();
  const store = openStore(path);
  ingest(store, [row(1)]);
  store.close();
  const db = outside(path);
  expect(db.pragma('page_size', { simple: true })).toBe(8192);
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('auto_vacuum', { simple: true })).toBe(2);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  // These each connection has for itself.
  const writing = openForWriting(path, { allowUnsafeSqlite: false });
  onTestFinished(() => void writing.close());
  expect(writing.pragma('synchronous', { simple: true })).toBe(2);
  expect(writing.pragma('wal_autocheckpoint', { simple: true })).toBe(0);
});

it('refuses a database of a newer version, and leaves it as it is', () => {
  const path = place();
  openStore(path).closeCleanly();
  const db = outside(path);
  db.pragma('user_version = 99');
  expect(() => openStore(path)).toThrow(expect.objectContaining({ code: 'AGENTLOG_FORMAT' }));
  expect(db.pragma('user_version', { simple: true })).toBe(99);
});

it('gives space back after much was erased', () => {
  const path = place();
  const store = openStore(path);
  const many = Array.from({ length: 20_000 }, (_, n) => row(n, { text: 'x'.repeat(800) }));
  ingest(store, many);
  store.checkpoint();
  const before = statSync(path).size;
  expect(store.shrink()).toBe(false);
  expect(erase(store, deletion(null, 19_000))).toBe(19_001);
  let rounds = 0;
  for (; store.shrink(); rounds++) store.checkpoint();
  store.checkpoint();
  expect(rounds).toBeGreaterThan(0);
  expect(statSync(path).size).toBeLessThan(before * 0.7);
  store.closeCleanly();
});

it('does not try for ever to shrink a database that somebody has made unable to', () => {
  const path = place();
  const store = openStore(path);
  const many = Array.from({ length: 20_000 }, (_, n) => row(n, { text: 'x'.repeat(800) }));
  ingest(store, many);
  store.closeCleanly();
  const db = outside(path);
  db.pragma('journal_mode = DELETE');
  db.pragma('auto_vacuum = NONE');
  db.exec('VACUUM');
  db.close();
  const next = openStore(path);
  erase(next, deletion(null, 19_000));
  expect(next.shrink()).toBe(false);
  next.close();
});

it('finds texts, but of tools only their beginning, and nothing that was erased', () => {
  const path = place();
  const first = openStore(path);
  const long = `${'word '.repeat(2000)}needle`;
  // What is there before the index is made is indexed along with it.
  ingest(first, [row(1, { type: 'text', text: `haystack ${long}` })]);
  first.close();
  const store = openStore(path, true);
  ingest(store, [
    row(2, { type: 'tool', text: long }),
    row(3, { type: 'Tool_call', text: `needle\0 behind ${long}` }),
  ]);
  store.close();
  // Whoever writes later keeps it up, whatever was asked for.
  const later = openStore(path);
  ingest(later, [row(4, { type: 'thinking', text: 'needle 🧵 "quoted' })]);
  const db = outside(path);
  const found = (word: string) =>
    db
      .prepare(
        'SELECT (rowid & 0xffffffff) >> 10 FROM agentLogSearch WHERE agentLogSearch MATCH ? ORDER BY rowid',
      )
      .pluck()
      .all(word);
  expect(found('needle')).toEqual([1, 3, 4]);
  expect(found('word')).toEqual([1, 2]);
  erase(later, deletion(null, 3));
  expect(found('needle OR word OR haystack')).toEqual([4]);
  db.exec("INSERT INTO agentLogSearch (agentLogSearch, rank) VALUES ('integrity-check', 1)");
  db.exec("INSERT INTO agentLogSearch (agentLogSearch) VALUES ('rebuild')");
  expect(found('needle')).toEqual([4]);
  later.close();
});

it('remembers deletions and segments only as long as they are needed', () => {
  const path = place();
  const store = openStore(path);
  store.begin();
  for (const segmentId of ['a', 'b', 'c'])
    store.recordSegment({ segmentId, name: `${segmentId}.sealed`, slot: 3, entries: 0, ids: undefined });
  store.commit();
  expect(['a', 'b', 'd'].map((id) => store.has(id))).toEqual([true, true, false]);
  store.begin();
  store.forgetAllBut(new Set(['b', 'x']));
  store.commit();
  expect(['a', 'b', 'c'].map((id) => store.has(id))).toEqual([false, true, false]);
  store.close();
});

it('makes a database with its index, so that nobody finds one without, whatever becomes of its maker', async () => {
  const path = place();
  // It is made, gets its name, and cannot be opened there.
  mkdirSync(`${path}-wal`);
  expect(() => openStore(path, true)).toThrow('unable to open database file');
  rmdirSync(`${path}-wal`);
  const reader = new RowReader(path);
  onTestFinished(() => reader.close());
  expect(await reader.ask((rows) => rows!.hasFullText())).toBe(true);
});
