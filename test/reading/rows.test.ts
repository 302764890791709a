/** Rows as reading asks for them: long ones, bad ones, many tasks, and another database in the place of the last. */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { VerifyProblem } from '../../src/compactor/api.js';
import { betterSqlite3, type Connection } from '../../src/db/better-sqlite3.js';
import { RowCheck } from '../../src/db/row-check.js';
import type { GoodRow, RowFilter } from '../../src/db/row-pages.js';
import { RowReader, type Rows, type TypeSum } from '../../src/db/row-reader.js';
import { RowStore } from '../../src/db/row-store.js';
import type { Row } from '../../src/destination.js';
import { packId } from '../../src/entry-id.js';
import { FIRST_ID, LAST_ID } from '../../src/reading/filter.js';
import { RowStream } from '../../src/reading/row-stream.js';

import { tempDir } from '../package/support/temp-dir.js';

const TIME = Date.UTC(2026, 0, 2);
const SLOT = 3;

const place = () => join(tempDir(), 'agent-log.db');

function row(n: number, more: Partial<Row> = {}): Row {
  const { high: idHigh, low: idLow } = packId({ time: TIME + n, counter: 0, slot: SLOT });
  const texts = { taskId: 't', type: 'text', agent: undefined, text: `${n}`, detail: undefined };
  return { idHigh, idLow, timestamp: TIME + n, ...texts, ...more };
}

function storeWith(path: string, rows: readonly Row[]): RowStore {
  const store = RowStore.open(path, { allowUnsafeSqlite: false, fullText: false });
  onTestFinished(() => store.close());
  store.begin();
  for (const one of rows) store.add(one);
  const ids = rows.map(({ idHigh: high, idLow: low }) => ({ high, low }));
  const [first, last] = [ids[0]!, ids.at(-1)!];
  const segment = { segmentId: path, name: path, slot: SLOT, entries: rows.length };
  store.recordSegment({ ...segment, ids: { first, last } });
  store.commit();
  return store;
}

function readerOf(path: string): RowReader {
  const reader = new RowReader(path);
  onTestFinished(() => reader.close());
  return reader;
}

function outside(path: string): Connection {
  const db = new (betterSqlite3())(path);
  onTestFinished(() => void db.close());
  return db;
}

async function textsOf(reader: RowReader, order: 'asc' | 'desc', filter: RowFilter = {}): Promise<string[]> {
  const stream = new RowStream(
    reader,
    filter,
    order,
    undefined,
    () => Number.POSITIVE_INFINITY,
    async () => undefined,
  );
  const texts: string[] = [];
  for (await stream.fill(); !stream.isEmpty; await stream.fill()) {
    const one = stream.take();
    texts.push('isDamaged' in one ? 'damaged' : one.text.slice(0, 5));
  }
  return texts;
}

test('a page ends behind much text, and the next one goes on there', async () => {
  const path = place();
  const numbers = Array.from({ length: 9 }, (_, n) => `${n}`);
  storeWith(
    path,
    numbers.map((n) => row(Number(n), { text: n.padEnd(500_000) })),
  );
  const trimmed = async (order: 'asc' | 'desc') =>
    (await textsOf(readerOf(path), order)).map((text) => text.trim());
  expect(await trimmed('asc')).toEqual(numbers);
  expect(await trimmed('desc')).toEqual(numbers.toReversed());
});

test('what is rare is found in many pages, in either order', async () => {
  const path = place();
  const isRare = (n: number) => n % 1500 === 7;
  const numbers = Array.from({ length: 15_000 }, (_, n) => n);
  storeWith(
    path,
    numbers.map((n) => row(n, { type: isRare(n) ? 'rare' : 'usual' })),
  );
  const rare = numbers.filter(isRare).map((n) => `${n}`);
  for (const filter of [{ types: ['rare'] }, { types: ['rare'], taskId: 't' }]) {
    expect(await textsOf(readerOf(path), 'asc', filter)).toEqual(rare);
    expect(await textsOf(readerOf(path), 'desc', filter)).toEqual(rare.toReversed());
  }
});

test('no row is passed over where a page ends, however few it looks at', async () => {
  const path = place();
  const numbers = Array.from({ length: 20 }, (_, n) => `${n}`);
  storeWith(
    path,
    numbers.map((n) => row(Number(n))),
  );
  const reader = readerOf(path);
  for (const looks of [1, 2, 3])
    for (const order of ['asc', 'desc'] as const) {
      const texts: string[] = [];
      let range = { after: FIRST_ID, before: LAST_ID };
      for (let isOver = false; !isOver; ) {
        const request = { filter: { types: ['text'] }, range, order, most: 100, looks };
        const { rows, reached } = await reader.ask((asked) => asked!.page(request));
        texts.push(...rows.map((one) => (one as GoodRow).text));
        isOver = reached === undefined;
        if (reached !== undefined)
          range = order === 'asc' ? { ...range, after: reached } : { ...range, before: reached };
      }
      expect(texts).toEqual(order === 'asc' ? numbers : numbers.toReversed());
    }
});

test('a row of which any column has changed is not given as good', async () => {
  const changes = [
    ["text = text || '!'", 1],
    ["taskId = 'u'", 2],
    ["type = 'tool'", 3],
    ["agent = 'x'", 4],
    ["detail = '1'", 5],
    ['timestamp = timestamp + 1', 6],
    ['id = id + 1', 7],
  ] as const;
  const path = place();
  storeWith(
    path,
    Array.from({ length: 9 }, (_, n) => row(n)),
  );
  const db = outside(path);
  for (const [change, n] of changes)
    db.prepare(`UPDATE agentLogEntries SET ${change} WHERE timestamp = ?`).run(TIME + n);
  const reader = readerOf(path);
  expect(await textsOf(reader, 'asc')).toEqual(['0', ...changes.map(() => 'damaged'), '8']);
  const { idHigh, idLow } = row(1);
  expect(await reader.ask((rows) => rows!.row(idHigh, idLow))).toEqual({ isDamaged: true, idHigh, idLow });
});

test('a row of which a column has become of another type, with the same bytes or none, is not given as good', async () => {
  const columns = ['taskId', 'type', 'agent', 'text', 'detail'];
  const path = place();
  storeWith(
    path,
    Array.from({ length: 12 }, (_, n) => row(n, { agent: 'a', detail: '{}' })),
  ).close();
  // What SQLite refuses to write, a bit that changes in the file does.
  const unlocked = outside(path).unsafeMode();
  unlocked.pragma('writable_schema = ON');
  unlocked.exec("UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), 'NOT NULL', '')");
  const db = outside(path);
  for (const [n, column] of columns.entries()) {
    const change = db.prepare(
      `UPDATE agentLogEntries SET ${column} = CAST(${column} AS BLOB) WHERE timestamp = ?`,
    );
    change.run(TIME + n);
    db.prepare(`UPDATE agentLogEntries SET ${column} = NULL WHERE timestamp = ?`).run(TIME + 5 + n);
  }
  const damaged = Array.from({ length: 10 }, () => 'damaged');
  expect(await textsOf(readerOf(path), 'asc')).toEqual([...damaged, '10', '11']);
});

test('a slot whose last id is gone is damage, and no answer', async () => {
  const path = place();
  storeWith(path, [row(1)]).close();
  const unlocked = outside(path).unsafeMode();
  unlocked.pragma('writable_schema = ON');
  unlocked.exec("UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), 'NOT NULL', '')");
  outside(path).exec('UPDATE agentLogSlots SET lastId = NULL');
  await expect(readerOf(path).ask((rows) => rows!.has('s'))).rejects.toMatchObject({
    code: 'AGENTLOG_IO',
    message: expect.stringContaining('damaged'),
  });
  const problems: VerifyProblem[] = [];
  const check = RowCheck.open(path, (problem) => problems.push(problem))!;
  onTestFinished(() => check.close());
  for (const _ of check.run());
  expect(problems).toContainEqual(expect.objectContaining({ kind: 'counter', where: `slot ${SLOT}` }));
});

test('sums are given part by part, each once', async () => {
  // A name may be empty.
  const name = (n: number) => (n === 0 ? '' : `${n}`);
  const path = place();
  const rows = Array.from({ length: 30 }, (_, n) => row(n, { taskId: name(n % 5), type: name(n % 3) }));
  storeWith(path, rows);
  const given = await readerOf(path).ask((asked) => {
    const all: string[] = [];
    for (let last: TypeSum | undefined; ; ) {
      const [sum] = asked!.sums(last, 1);
      if (sum === undefined || all.length > 15) return all;
      all.push(`${sum.taskId} ${sum.type} ${sum.entries}`);
      last = sum;
    }
  });
  const names = ['', '1', '2', '3', '4'];
  expect(given).toEqual(names.flatMap((task) => names.slice(0, 3).map((type) => `${task} ${type} 2`)));
});

test('another database in the place of the last is asked, even if it comes while one asks', async () => {
  const [path, other] = [place(), place()];
  storeWith(path, [row(1)]).close();
  storeWith(other, [row(1), row(2)]).close();
  const reader = readerOf(path);
  const count = (rows: Rows | undefined) => rows?.sumsOf('t')[0]?.entries;
  expect(await reader.ask(count)).toBe(1);
  let asked = 0;
  const answer = await reader.ask((rows) => {
    if (asked++ === 0) {
      for (const file of ['-wal', '-shm']) rmSync(`${path}${file}`, { force: true });
      renameSync(other, path);
    }
    return count(rows);
  });
  expect(answer).toBe(2);
  expect(asked).toBe(2);
});

test('what one question is answered from is one state, from its beginning on', async () => {
  const path = place();
  const store = storeWith(path, [row(1)]);
  const more = () => {
    store.begin();
    store.add(row(2));
    store.commit();
  };
  const count = (rows: Rows | undefined) => rows?.sumsOf('t')[0]?.entries;
  const reader = readerOf(path);
  expect(await reader.ask((rows) => [more(), count(rows)][1])).toBe(1);
  expect(await reader.ask(count)).toBe(2);
  const another = () => {
    store.begin();
    store.add(row(3));
    store.commit();
  };
  expect(await reader.hold(async (rows) => [another(), count(rows)][1])).toBe(2);
});

test('deletions that came in since they were last asked for are known, and only those that reach so far', async () => {
  const path = place();
  const store = storeWith(path, [row(1)]);
  const reader = readerOf(path);
  const idOf = (n: number) => ({ high: row(n).idHigh, low: row(n).idLow });
  const reaching = (n: number) => reader.ask((rows) => rows!.deletionsReaching([idOf(n)]).length);
  expect(await reaching(1)).toBe(0);
  for (const [taskId, upTo] of [
    ['t', 5],
    ['u', 9],
    ['v', 2],
  ] as const) {
    store.begin();
    store.recordDeletion({ taskId, before: null, upTo: [idOf(upTo)] });
    store.commit();
  }
  expect(await reaching(1)).toBe(3);
  expect(await reaching(5)).toBe(2);
  expect(await reaching(9)).toBe(1);
  expect(await reaching(10)).toBe(0);
});

test('an empty file that another program has made is no database yet', async () => {
  const path = place();
  outside(path).exec('VACUUM');
  expect(await readerOf(path).ask((rows) => rows)).toBe(undefined);
});

test('whoever asks waits for a lock of a moment', async () => {
  const path = place();
  storeWith(path, [row(1)]).close();
  const db = outside(path);
  db.pragma('locking_mode = EXCLUSIVE');
  db.exec('BEGIN IMMEDIATE; UPDATE agentLogTasks SET entries = 1; COMMIT');
  const { idHigh, idLow } = row(1);
  const answer = readerOf(path).ask((rows) => rows!.row(idHigh, idLow) as GoodRow);
  db.close();
  expect((await answer).text).toBe('1');
});

test('what fails while the database is held is AGENTLOG_IO, too', async () => {
  const path = place();
  storeWith(path, [row(1)]);
  const failing = readerOf(path).hold(async () => {
    throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
  });
  await expect(failing).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
});
