/** What is read of a database that is damaged: every row that is still on a good page, and nothing that never was one. */
import { closeSync, copyFileSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { betterSqlite3 } from '../../src/db/better-sqlite3.js';
import type { GoodRow } from '../../src/db/row-pages.js';
import { RowStore } from '../../src/db/row-store.js';
import { type Known, type Salvaged, salvage } from '../../src/db/salvage.js';
import type { Deletion } from '../../src/deletion.js';
import { tempDir } from '../package/support/temp-dir.js';
import { Random } from '../support/random.js';

const PAGE = 8192;
const LENGTHS = [0, 1, 40, 300, 2000, 8100, 8150, 8200, 20_000, 300_000];

function makeRow(random: Random, n: number): GoodRow {
  const text = `${n} é ${'x'.repeat(random.pick(LENGTHS) + random.below(50))}`;
  return {
    idHigh: 200_000_000 + random.below(3),
    idLow: (n * 1024 + random.below(1024)) >>> 0,
    taskId: `task ${random.below(5)}`,
    type: random.pick(['text', 'tool_result', '']),
    agent: random.pick([undefined, 'executor', '']),
    text,
    detail: random.pick([undefined, '{"n":1}', `"${'d'.repeat(random.pick(LENGTHS))}"`]),
    timestamp: random.pick([0, 1, -5, 127, 40_000, 1_700_000_000_000 + n, 2 ** 50]),
  };
}

interface Made {
  readonly path: string;
  readonly rows: ReadonlyMap<string, GoodRow>;
  readonly deletions: readonly Deletion[];
  readonly store: RowStore;
}

const keyOf = ({ idHigh, idLow }: GoodRow) => `${idHigh} ${idLow}`;

/** Rows in some transactions, of which the last ones are in the log only, or in part. */
function make(random: Random, count: number): Made {
  const path = join(tempDir(), 'agent-log.db');
  const store = RowStore.open(path, { allowUnsafeSqlite: false, fullText: random.chance(0.5) });
  const rows = new Map<string, GoodRow>();
  const deletions: Deletion[] = [];
  for (let n = 0; n < count; ) {
    store.begin();
    for (const until = n + 50; n < until; n++) {
      const row = makeRow(random, n);
      if (store.add(row) === 'new') rows.set(keyOf(row), row);
    }
    const deletion = {
      taskId: random.chance(0.5) ? null : 'task 2',
      before: random.pick([null, 5]),
      upTo: [{ high: 100_000_000, low: 1024 * deletions.length + 7 }],
    };
    store.recordDeletion(deletion);
    deletions.push(deletion);
    store.commit();
    if (random.chance(0.5)) store.checkpoint();
  }
  return { path, rows, deletions, store };
}

function salvaged(path: string): { known: Known; rows: GoodRow[]; deletions: readonly Deletion[] } {
  const all = [...salvage({ path })] as Salvaged[];
  const rows = all.flatMap((one) => (one.kind === 'rows' ? one.rows : []));
  const [known] = all.filter((one) => one.kind === 'known');
  const [rest] = all.filter((one) => one.kind === 'rest');
  return { known: known!, rows, deletions: [...known!.deletions, ...(rest?.deletions ?? [])] };
}

/** As a crash leaves it, in other files: this process has the store's open. */
function leftBehind({ path, store }: Made): string {
  const copy = join(tempDir(), 'agent-log.db');
  for (const ending of ['', '-wal']) copyFileSync(path + ending, copy + ending);
  store.close();
  return copy;
}

function overwrite(path: string, page: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, page * PAGE);
  closeSync(fd);
}

const zeros = Buffer.alloc(PAGE);

it.each([1, 2])('of a sound database everything (seed %i)', (seed) => {
  const made = make(new Random(seed), 300);
  const { known, rows } = salvaged(leftBehind(made));
  expect(known.entries).toBe(made.rows.size);
  expect(known.areDeletionsComplete).toBe(true);
  expect(known.deletions.length).toBeGreaterThan(0);
  expect(made.deletions).toEqual(expect.arrayContaining([...known.deletions]));
  expect(new Map(rows.map((row) => [keyOf(row), row]))).toEqual(made.rows);
});

it.each([1, 2, 3, 4])('of one without its head, or its root, everything else (seed %i)', (seed) => {
  const random = new Random(seed);
  const made = make(random, 300);
  made.store.checkpoint();
  const path = leftBehind(made);
  writeFileSync(`${path}-wal`, '');
  overwrite(path, 0, seed % 2 === 0 ? zeros : random.bytes(100));
  const { known, rows, deletions } = salvaged(path);
  expect(known).toMatchObject({ deletions: [], areDeletionsComplete: false });
  expect(new Map(rows.map((row) => [keyOf(row), row]))).toEqual(made.rows);
  // One that says the same as another one and more has taken its place.
  for (const deletion of deletions) expect(made.deletions).toContainEqual(deletion);
  expect(deletions.length).toBeGreaterThan(0);
});

it.each([1, 2, 3, 4, 5, 6])('of one with damage everywhere only what was written (seed %i)', (seed) => {
  const random = new Random(seed);
  const made = make(random, 300);
  const path = leftBehind(made);
  const file = random.chance(0.7) ? path : `${path}-wal`;
  const pages = Math.floor(statSync(file).size / PAGE);
  for (let i = 0; i < 1 + random.below(pages / 4 + 1); i++) {
    const page = random.below(pages);
    const bytes = Buffer.from(readFileSync(file).subarray(page * PAGE, (page + 1) * PAGE));
    const at = random.below(bytes.length);
    bytes.fill(random.bytes(1 + random.below(600)), at, Math.min(bytes.length, at + random.below(600)));
    overwrite(file, page, random.chance(0.3) ? zeros : bytes);
  }
  const { rows } = salvaged(path);
  for (const row of rows) expect(row).toEqual(made.rows.get(keyOf(row)));
  expect(rows.length).toBeGreaterThan(0);
});

it('nothing that was deleted, when nobody can tell any more what that was', () => {
  const made = make(new Random(8), 600);
  const { store } = made;
  const last = [...made.rows.values()].reduce((a, b) =>
    (a.idHigh - b.idHigh || a.idLow - b.idLow) > 0 ? a : b,
  );
  const doomed = {
    taskId: 'task 1',
    before: null,
    upTo: Array.from({ length: 1024 }, (_, slot) => ({ high: last.idHigh + 1, low: slot })),
  };
  store.begin();
  store.erase(doomed, 10_000);
  store.commit();
  while (!store.checkpoint().isFull);
  const path = leftBehind(made);
  const left = [...made.rows].filter(([, { taskId }]) => taskId !== 'task 1').map(([key]) => key);
  const keysIn = () => new Set(salvaged(path).rows.map(keyOf));
  // There are such on pages that are no longer in use, and in the log's old frames.
  expect(keysIn().size).toBeGreaterThan(left.length);
  const db = new (betterSqlite3())(path);
  db.exec('UPDATE agentLogDeletes SET crc = crc + 1');
  db.pragma('wal_checkpoint(PASSIVE)');
  const copy = join(tempDir(), 'agent-log.db');
  for (const ending of ['', '-wal']) copyFileSync(path + ending, copy + ending);
  db.close();
  expect(new Set(salvaged(copy).rows.map(keyOf))).toEqual(new Set(left));
});

it('of one whose header says that a part of each page is reserved, everything', () => {
  const made = make(new Random(7), 300);
  const path = leftBehind(made);
  const bytes = readFileSync(path);
  // SQLite's file format: one bit is enough.
  bytes[20]! ^= 8;
  writeFileSync(path, bytes);
  const rows = new Set(salvaged(path).rows.map(keyOf));
  expect([...made.rows.keys()].filter((key) => !rows.has(key))).toEqual([]);
});

it('gives nothing of what is no database', () => {
  const path = join(tempDir(), 'agent-log.db');
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(100), new Random(1).bytes(5 * PAGE)]) {
    writeFileSync(path, bytes);
    expect(salvaged(path)).toMatchObject({ rows: [], deletions: [] });
  }
});
