/**
 * Reads rows in the thread of whoever asks, a few at a time, through a connection that cannot write. There is no database
 * until the compactor has made one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Deletable, Deletion } from '../deletion.js';
import type { Row } from '../destination.js';
import { AgentLogError } from '../errors.js';
import type { Connection, Statement } from './better-sqlite3.js';
import { openForReading } from './connection.js';
import { Deletes } from './deletes.js';
import { fileIdentity } from './file-identity.js';
import { rowCrc } from './row.js';
import { checkVersionOf } from './schema.js';

/** A row, or the id of one whose bytes have changed since it was written. */
export type ReadRow = Row | DamagedRow;

interface DamagedRow {
  readonly isDamaged: true;
  readonly idHigh: number;
  readonly idLow: number;
}

interface RawRow {
  readonly idHigh: number;
  readonly idLow: number;
  readonly taskId: string;
  readonly timestamp: number;
  readonly type: string;
  readonly agent: string | null;
  readonly text: string;
  readonly detail: string | null;
  readonly crc: number;
}

const PAGE_ROWS = 256;
const PAGE_CHARACTERS = 1024 * 1024;
/** Another process may hold a lock for a moment, while it repairs the log after a crash, say. */
const PATIENCE_MS = 10_000;
const COLUMNS =
  'id >> 32 AS idHigh, id & 0xffffffff AS idLow, taskId, timestamp, type, agent, text, detail, crc';

export class RowReader {
  readonly #path: string;
  #open: Opened | undefined;
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Asks the database as it is now; undefined when there is none yet. */
  async ask<Answer>(question: (rows: Rows) => Answer): Promise<Answer | undefined> {
    const begun = performance.now();
    for (;;) {
      try {
        const rows = this.#connect();
        return rows === undefined ? undefined : question(rows);
      } catch (error) {
        if (!isBusy(error) || performance.now() - begun > PATIENCE_MS) throw readError(this.#path, error);
      }
      await delay(20);
    }
  }

  /** For good: what is asked afterwards is AGENTLOG_CLOSED. */
  close(): void {
    this.#isClosed = true;
    this.#disconnect();
  }

  #disconnect(): void {
    this.#open?.rows.close();
    this.#open = undefined;
  }

  #connect(): Rows | undefined {
    if (this.#isClosed) throw new AgentLogError('AGENTLOG_CLOSED', `${this.#path} was closed by this handle`);
    const file = fileIdentity(this.#path);
    if (this.#open?.file !== file) this.#disconnect();
    if (file === undefined) return undefined;
    if (this.#open !== undefined) return this.#open.rows;
    const db = openForReading(this.#path);
    try {
      // An empty file that another program has made.
      if (checkVersionOf(db, this.#path) === 0) {
        db.close();
        return undefined;
      }
      this.#open = { file, rows: new Rows(db) };
      return this.#open.rows;
    } catch (error) {
      db.close();
      throw error;
    }
  }
}

interface Opened {
  readonly file: string;
  readonly rows: Rows;
}

export class Rows {
  readonly #db: Connection;
  readonly #has: Statement;
  readonly #page: Statement;
  readonly #row: Statement;
  readonly #lastIds: Statement;
  readonly #tasksAbove: Statement;
  readonly #lastIdsOf: Statement;
  readonly #deletes: Deletes;

  constructor(db: Connection) {
    this.#db = db;
    this.#has = db.prepare('SELECT 1 FROM agentLogSegments WHERE segmentId = ?').pluck();
    this.#page = db.prepare(
      `SELECT ${COLUMNS} FROM agentLogEntries WHERE id > (? << 32) | ? ORDER BY id LIMIT ${PAGE_ROWS}`,
    );
    this.#row = db.prepare(`SELECT ${COLUMNS} FROM agentLogEntries WHERE id = (? << 32) | ?`);
    this.#lastIds = db.prepare('SELECT lastId >> 32 AS high, lastId & 0xffffffff AS low FROM agentLogSlots');
    this.#tasksAbove = db
      .prepare('SELECT taskId FROM agentLogTasks GROUP BY taskId HAVING sum(entries) > ?')
      .pluck();
    this.#lastIdsOf = db
      .prepare('SELECT id, timestamp FROM agentLogEntries WHERE taskId = ? ORDER BY id DESC')
      .raw()
      .safeIntegers();
    this.#deletes = new Deletes(db);
  }

  /** Whether all entries of the segment are rows, but for those that were deleted. */
  has(segmentId: string): boolean {
    return this.#has.get(segmentId) !== undefined;
  }

  /** Rows in the order of their ids, from the first above the given one on. None at the end. */
  page(idHigh: number, idLow: number): ReadRow[] {
    const rows: ReadRow[] = [];
    let characters = 0;
    for (const raw of this.#page.iterate(idHigh, idLow) as IterableIterator<RawRow>) {
      rows.push(checked(raw));
      characters += raw.text.length + (raw.detail?.length ?? 0);
      if (characters > PAGE_CHARACTERS) break;
    }
    return rows;
  }

  row(idHigh: number, idLow: number): ReadRow | undefined {
    const raw = this.#row.get(idHigh, idLow) as RawRow | undefined;
    return raw === undefined ? undefined : checked(raw);
  }

  /** The last id that came in, of each slot. */
  lastIds(): { readonly high: number; readonly low: number }[] {
    return this.#lastIds.all() as { high: number; low: number }[];
  }

  /** The tasks that have more than `most` entries. */
  tasksAbove(most: number): string[] {
    return this.#tasksAbove.all(most) as string[];
  }

  /** The ids of a task's last rows that are to be counted, the newest first. */
  lastIdsOf(taskId: string, count: number, counts: (row: Deletable) => boolean): bigint[] {
    const ids: bigint[] = [];
    if (count === 0) return ids;
    for (const raw of this.#lastIdsOf.iterate(taskId) as IterableIterator<bigint[]>) {
      const [id, timestamp] = raw as [bigint, bigint];
      const [idHigh, idLow] = [Number(id >> 32n), Number(id & 0xffff_ffffn)];
      if (!counts({ taskId, idHigh, idLow, timestamp: Number(timestamp) })) continue;
      if (ids.push(id) === count) break;
    }
    return ids;
  }

  /** Deletions that came into the database meanwhile are to count as well. */
  refresh(): void {
    this.#deletes.forget();
  }

  /** Whether a deletion that is in the database names this entry. */
  isDeleted(row: Row): boolean {
    return this.#deletes.covers(row);
  }

  /** All deletions that came in. */
  deletions(): Deletion[] {
    return this.#deletes.all();
  }

  close(): void {
    this.#db.close();
  }
}

function checked(raw: RawRow): ReadRow {
  const row = { ...raw, agent: raw.agent ?? undefined, detail: raw.detail ?? undefined };
  return rowCrc(row) === raw.crc ? row : { isDamaged: true, idHigh: raw.idHigh, idLow: raw.idLow };
}

function readError(path: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  return new AgentLogError('AGENTLOG_IO', `cannot read ${path}: ${message}`, { cause: error });
}

function isBusy(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
}
