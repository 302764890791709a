/** Holds the database against itself, and against entries that must be rows of it: all of one state, page by page. */
import { type Deletable, slotOf } from '../deletion.js';
import type { Row } from '../destination.js';
import { compareIds, formatId, type IdHalves, idToBigInt } from '../entry-id.js';
import type { Connection, Statement } from './better-sqlite3.js';
import { openForReading } from './connection.js';
import { isDamage } from './damage.js';
import { Deletes } from './deletes.js';
import { fileIdentity } from './file-identity.js';
import { FullTextProbe } from './full-text.js';
import { rowsPath } from './replacing.js';
import { rowCrc, textBytes } from './row.js';
import { type GoodRow, type RawRow, ROW_COLUMNS, rowOf } from './row-pages.js';
import { checkTables } from './schema.js';

const PATIENCE_MS = 10_000;
const PAGE_ROWS = 1000;
const MOST_ANSWERS = 100;
const PROBE_EVERY = 100;

interface RowProblem {
  readonly kind: 'row' | 'counter' | 'database';
  readonly where: string;
  readonly what: string;
}

type Tell = (problem: RowProblem) => void;

interface Sum {
  readonly taskId: string;
  readonly type: string;
  entries: number;
  bytes: number;
  last: IdHalves;
  lastTimestamp: number;
}

export class RowCheck {
  readonly #path: string;
  readonly #db: Connection;
  readonly #tell: Tell;
  readonly #deletes: Deletes;
  readonly #searched: FullTextProbe;
  readonly #crc: Statement;
  readonly #unreadable = new Set<string>();

  private constructor(path: string, db: Connection, tell: Tell) {
    this.#path = path;
    this.#db = db;
    this.#tell = tell;
    this.#deletes = new Deletes(db);
    this.#searched = new FullTextProbe(db);
    this.#crc = db.prepare('SELECT crc FROM agentLogEntries WHERE id = (? << 32) | ?').pluck();
  }

  /** As long as it is open, the log cannot be written back. Undefined when there is no database, or one that cannot be read. */
  static open(path: string, tell: Tell): RowCheck | undefined {
    if (fileIdentity(rowsPath(path)) === undefined) return undefined;
    let db: Connection | undefined;
    try {
      db = openForReading(path, PATIENCE_MS);
      checkTables(db, path);
      const check = new RowCheck(path, db, tell);
      db.exec('BEGIN');
      // Only what is read first decides which state it is.
      check.count();
      return check;
    } catch (error) {
      db?.close();
      if (!isDamage(error)) throw error;
      tell({ kind: 'database', where: path, what: (error as Error).message });
      return undefined;
    }
  }

  /** How many rows there are, as the counters have it. */
  count(): number {
    const sum = this.#db.prepare('SELECT total(entries) FROM agentLogTasks').pluck();
    return this.#unlessDamaged('the counters', () => sum.get() as number) ?? 0;
  }

  /** Of each segment that has become rows how many entries it had; undefined when that cannot be read. */
  ledger(): Map<string, number> | undefined {
    const rows = this.#db.prepare('SELECT segmentId, entries FROM agentLogSegments').raw();
    return this.#unlessDamaged('the ledger', () => new Map(rows.all() as [string, number][]));
  }

  /** Undefined when the entry is a row, or was deleted, or its place in the database cannot be read. */
  problemOf(entry: Row & Deletable): string | undefined {
    return this.#unlessDamaged('the row of an entry', () => {
      const crc = this.#crc.get(entry.idHigh, entry.idLow);
      if (crc === rowCrc(entry)) return undefined;
      if (crc !== undefined) return 'has a row that says something else';
      return this.#isDeleted(entry) ? undefined : 'has no row';
    });
  }

  /** Every row and every counter; what SQLite itself finds wrong. Yields how many rows it has been through. */
  *run(): Generator<number> {
    yield* this.#guarded('what was deleted', () => this.#damagedDeletes());
    yield* this.#guarded('the rows', () => this.#rows());
    yield* this.#guarded('the database', () => this.#integrity());
  }

  close(): void {
    this.#db.close();
  }

  *#guarded(what: string, work: () => Iterable<number>): Generator<number> {
    try {
      yield* work();
    } catch (error) {
      this.#damaged(what, error);
    }
  }

  #unlessDamaged<Answer>(what: string, work: () => Answer): Answer | undefined {
    try {
      return work();
    } catch (error) {
      this.#damaged(what, error);
      return undefined;
    }
  }

  /** Told once of each; anything but damage is thrown. */
  #damaged(what: string, error: unknown): void {
    if (!isDamage(error)) throw error;
    if (this.#unreadable.has(what)) return;
    this.#unreadable.add(what);
    this.#tell({
      kind: 'database',
      where: this.#path,
      what: `${what} could not be read to the end: ${(error as Error).message}`,
    });
  }

  *#rows(): Generator<number> {
    const sums = new Map<string, Sum>();
    const lastIds = new Map<number, IdHalves>();
    const page = this.#db
      .prepare(
        `SELECT ${ROW_COLUMNS} FROM agentLogEntries NOT INDEXED WHERE id > (? << 32) | ? ORDER BY id LIMIT ${PAGE_ROWS}`,
      )
      .raw();
    let last: IdHalves = { high: 0, low: 0 };
    for (let count = 0, found = PAGE_ROWS; found === PAGE_ROWS; ) {
      found = 0;
      for (const raw of page.iterate(last.high, last.low) as IterableIterator<RawRow>) {
        const row = rowOf(raw);
        const id = { high: row.idHigh, low: row.idLow };
        // A damaged tree may lead in a circle.
        if (compareIds(id, last) <= 0 && count > 0)
          throw Object.assign(new Error('the order of the rows is broken'), { code: 'SQLITE_CORRUPT' });
        last = id;
        found++;
        lastIds.set(slotOf(id.low), id);
        if ('isDamaged' in row) this.#row(id, 'is not what was written');
        else {
          if (this.#isDeleted(row)) this.#row(id, 'was deleted, and is there');
          if ((count + found) % PROBE_EVERY === 0) this.#probe(row);
          add(sums, row);
        }
      }
      count += found;
      yield count;
    }
    this.#counters(sums);
    this.#slots(lastIds);
  }

  #isDeleted(row: Deletable): boolean {
    return this.#unlessDamaged('what was deleted', () => this.#deletes.covers(row)) ?? false;
  }

  #probe(row: GoodRow): void {
    const isFound = this.#unlessDamaged('the index for searches', () => this.#searched.finds(row));
    if (isFound !== false) return;
    const what = `the index for searches lacks ${formatId(row.idHigh, row.idLow)}`;
    this.#tell({ kind: 'database', where: this.#path, what });
  }

  #damagedDeletes(): [] {
    const { damaged } = this.#deletes.read();
    const what = `${damaged} of its deletes are not what was written`;
    if (damaged > 0) this.#tell({ kind: 'database', where: this.#path, what });
    return [];
  }

  #row({ high, low }: IdHalves, what: string): void {
    this.#tell({ kind: 'row', where: formatId(high, low), what });
  }

  #counters(sums: Map<string, Sum>): void {
    const counters = this.#db
      .prepare(
        'SELECT taskId, type, entries, bytes, lastId >> 32, lastId & 0xffffffff, lastTimestamp FROM agentLogTasks',
      )
      .raw();
    for (const [taskId, type, ...counted] of counters.iterate() as IterableIterator<
      [string, string, ...number[]]
    >) {
      const key = keyOf({ taskId, type });
      const sum = sums.get(key);
      sums.delete(key);
      const there = sum === undefined ? [0] : numbersOf(sum);
      if (there.join() !== counted.join())
        this.#counter(taskId, type, `say ${counted.join(', ')}, and the rows ${there.join(', ')}`);
    }
    for (const sum of sums.values())
      this.#counter(sum.taskId, sum.type, `are missing, and the rows say ${numbersOf(sum).join(', ')}`);
  }

  #counter(taskId: string, type: string, what: string): void {
    this.#tell({ kind: 'counter', where: `${taskId} ${type}`, what: `the counters ${what}` });
  }

  #slots(lastIds: Map<number, IdHalves>): void {
    const known = this.#db.prepare('SELECT slot, lastId >> 32, lastId & 0xffffffff FROM agentLogSlots').raw();
    const told = new Map<number, IdHalves>();
    // Where bytes have changed there may be nothing, whatever the column takes.
    for (const [slot, high, low] of known.all() as [number, number | null, number | null][])
      if (high !== null && low !== null) told.set(slot, { high, low });
    for (const [slot, last] of lastIds) {
      const said = told.get(slot);
      if (said !== undefined && idToBigInt(said) >= idToBigInt(last)) continue;
      this.#tell({
        kind: 'counter',
        where: `slot ${slot}`,
        what: 'has rows behind the last id that is known',
      });
    }
  }

  #integrity(): [] {
    const answers = this.#db.pragma(`integrity_check(${MOST_ANSWERS})`) as { integrity_check: string }[];
    for (const { integrity_check: answer } of answers) {
      const what = answer.replaceAll('\n', ', ');
      if (answer !== 'ok') this.#tell({ kind: 'database', where: this.#path, what });
    }
    return [];
  }
}

function add(sums: Map<string, Sum>, row: GoodRow): void {
  const { taskId, type, timestamp, idHigh: high, idLow: low } = row;
  const key = keyOf(row);
  let sum = sums.get(key);
  if (sum === undefined) {
    sum = { taskId, type, entries: 0, bytes: 0, last: { high, low }, lastTimestamp: timestamp };
    sums.set(key, sum);
  }
  sum.entries++;
  sum.bytes += textBytes(row);
  // They come in the order of their ids.
  sum.last = { high, low };
  sum.lastTimestamp = timestamp;
}

/** Lengths, as any character may be in both. */
function keyOf({ taskId, type }: Pick<Row, 'taskId' | 'type'>): string {
  return `${taskId.length} ${taskId}${type}`;
}

function numbersOf({ entries, bytes, last, lastTimestamp }: Sum): number[] {
  return [entries, bytes, last.high, last.low, lastTimestamp];
}
