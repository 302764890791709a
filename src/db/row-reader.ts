/**
 * Reads rows in the thread of whoever asks, a few at a time, through a connection that cannot write. There is no database
 * until the compactor has made one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Deletion, slotOf } from '../deletion.js';
import { compareIds, type IdHalves } from '../entry-id.js';
import { AgentLogError, ioError } from '../errors.js';
import type { HealEvent } from '../events.js';
import type { Connection, Statement } from './better-sqlite3.js';
import { openForReading } from './connection.js';
import { damage, isDamage } from './damage.js';
import { Deletes } from './deletes.js';
import { fileIdentity } from './file-identity.js';
import { hasFullText } from './full-text.js';
import { rowsPath } from './replacing.js';
import {
  type Page,
  type PageRequest,
  type RawRow,
  type ReadRow,
  ROW_COLUMNS,
  RowPages,
  rowOf,
} from './row-pages.js';
import { checkVersionOf, HEALED } from './schema.js';

/** Another process may hold a lock for a moment, while it repairs the log after a crash, say. */
const PATIENCE_MS = 10_000;
/** Whoever may write to the store may be making or opening the database at this moment. */
const LOG_PATIENCE_MS = 1000;

interface RowReaderReports {
  /** SQLite says that something is wrong with it. */
  damaged?(error: unknown): void;
  /** Another database has taken the place of the one that was there. */
  healed?(event: HealEvent): void;
}

export class RowReader {
  readonly #path: string;
  readonly #reports: RowReaderReports;
  #open: Opened | undefined;
  /** The first file that was there, and then the last one of which it was told that it took the place of another. */
  #known: string | undefined;
  /** Which file stood there when it was last asked. */
  #file: string | undefined;
  #isClosed = false;

  constructor(path: string, reports: RowReaderReports = {}) {
    this.#path = path;
    this.#reports = reports;
  }

  /** Tells it if another database has taken the place of the one that was there. */
  async look(): Promise<void> {
    const file = fileIdentity(rowsPath(this.#path));
    this.#known ??= file;
    if (file !== this.#known) await this.ask(() => undefined);
  }

  /** Asks the database as it is now, in one transaction; undefined is asked when there is none yet. May ask again. */
  ask<Answer>(question: (rows: Rows | undefined) => Answer): Promise<Answer> {
    return this.#patiently(() => {
      for (;;) {
        const rows = this.#connect();
        rows?.begin();
        try {
          const answer = question(rows);
          // What was put in the place of the file meanwhile may have what the old one never had.
          if (this.#present() === this.#file) return answer;
        } finally {
          rows?.end();
        }
      }
    });
  }

  /**
   * As `ask`, for what takes longer than a moment: through a connection of its own, all answered from one state, which is
   * that of the moment in which the work begins. As long as it takes, the log cannot be written back.
   */
  async hold<Answer>(work: (rows: Rows | undefined) => Promise<Answer>): Promise<Answer> {
    const reader = new RowReader(this.#path);
    try {
      return await this.#patiently(() => {
        const rows = reader.#connect();
        rows?.begin();
        return work(rows);
      });
    } catch (error) {
      throw this.#failed(error);
    } finally {
      reader.close();
    }
  }

  async #patiently<Answer>(work: () => Answer | Promise<Answer>): Promise<Answer> {
    const begun = performance.now();
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (performance.now() - begun >= patienceWith(error)) throw this.#failed(error);
      }
      await delay(20);
    }
  }

  #failed(error: unknown): unknown {
    if (isDamage(error)) {
      // Its locks must not keep anybody from mending it.
      this.#disconnect();
      this.#reports.damaged?.(error);
    }
    return readError(this.#path, error);
  }

  /** For good: what is asked afterwards is AGENTLOG_CLOSED. */
  close(): void {
    this.#isClosed = true;
    this.#disconnect();
  }

  #meet(rows: Rows): void {
    const file = fileIdentity(rowsPath(this.#path));
    const isAnother = this.#known !== undefined && file !== this.#known;
    this.#known = file;
    const event = isAnother ? rows.healing() : undefined;
    if (event !== undefined) this.#reports.healed?.(event);
  }

  #disconnect(): void {
    this.#open?.rows.close();
    this.#open = undefined;
  }

  /** The same file under another name has another log. */
  #present(): string | undefined {
    const path = rowsPath(this.#path);
    const file = fileIdentity(path);
    return file === undefined ? undefined : `${file} ${path}`;
  }

  #connect(): Rows | undefined {
    if (this.#isClosed) throw new AgentLogError('AGENTLOG_CLOSED', `${this.#path} was closed by this handle`);
    const file = this.#present();
    this.#file = file;
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
      const rows = new Rows(db);
      this.#meet(rows);
      this.#open = { file, rows };
      return rows;
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

/** Entries of a task that have one type. */
export interface TypeSum {
  readonly taskId: string;
  readonly type: string;
  readonly entries: number;
  readonly bytes: number;
  readonly last: IdHalves;
  readonly lastTimestamp: number;
}

/** As long as nobody changes the database. */
interface KnownDeletions {
  readonly version: number;
  readonly deletions: readonly Deletion[];
  /** The last id that any of them names, of each slot. */
  readonly furthest: ReadonlyMap<number, IdHalves>;
}

type RawSum = [
  taskId: string,
  type: string,
  entries: number,
  bytes: number,
  lastHigh: number,
  lastLow: number,
  lastTimestamp: number,
];

export class Rows {
  readonly #db: Connection;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #has: Statement;
  readonly #row: Statement;
  readonly #lastIds: Statement;
  #last: readonly IdHalves[] = [];
  readonly #firstSums: Statement;
  readonly #nextSums: Statement;
  readonly #sumsOf: Statement;
  readonly #deletes: Deletes;
  readonly #pages: RowPages;
  readonly #dataVersion: Statement;
  #known: KnownDeletions | undefined;

  constructor(db: Connection) {
    this.#db = db;
    this.#begin = db.prepare('BEGIN');
    this.#commit = db.prepare('COMMIT');
    this.#has = db.prepare('SELECT 1 FROM agentLogSegments WHERE segmentId = ?').pluck();
    this.#row = db.prepare(`SELECT ${ROW_COLUMNS} FROM agentLogEntries WHERE id = (? << 32) | ?`).raw();
    this.#lastIds = db.prepare('SELECT lastId >> 32 AS high, lastId & 0xffffffff AS low FROM agentLogSlots');
    const sums =
      'SELECT taskId, type, entries, bytes, lastId >> 32, lastId & 0xffffffff, lastTimestamp FROM agentLogTasks';
    this.#firstSums = db.prepare(`${sums} ORDER BY taskId, type LIMIT ?`).raw();
    this.#nextSums = db.prepare(`${sums} WHERE (taskId, type) > (?, ?) ORDER BY taskId, type LIMIT ?`).raw();
    this.#sumsOf = db.prepare(`${sums} WHERE taskId = ?`).raw();
    this.#deletes = new Deletes(db);
    this.#pages = new RowPages(db);
    this.#dataVersion = db.prepare('PRAGMA data_version').pluck();
  }

  /** All that is asked until the end is answered from one state. */
  begin(): void {
    this.#begin.run();
    try {
      // Only what is read first decides which state it is.
      const last = this.#lastIds.all() as Partial<IdHalves>[];
      // Where bytes have changed there may be nothing, whatever the column takes.
      if (!last.every(isId)) throw damage('the last id of a slot is gone');
      this.#last = last;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  end(): void {
    this.#commit.run();
  }

  /** Whether all entries of the segment are rows, but for those that were deleted. */
  has(segmentId: string): boolean {
    return this.#has.get(segmentId) !== undefined;
  }

  page(request: PageRequest): Page {
    return this.#pages.page(request);
  }

  row(idHigh: number, idLow: number): ReadRow | undefined {
    const raw = this.#row.get(idHigh, idLow);
    return raw === undefined ? undefined : rowOf(raw as RawRow);
  }

  /** How this database was made anew, if it was. */
  healing(): HealEvent | undefined {
    const text = this.#db.prepare('SELECT value FROM agentLogMeta WHERE key = ?').pluck().get(HEALED);
    return typeof text === 'string' ? (JSON.parse(text) as HealEvent) : undefined;
  }

  /** Whether there is an index for searches. */
  hasFullText(): boolean {
    return hasFullText(this.#db);
  }

  /** The last id that came in, of each slot. */
  get lastIds(): readonly IdHalves[] {
    return this.#last;
  }

  /** By type. */
  sumsOf(taskId: string): TypeSum[] {
    return (this.#sumsOf.all(taskId) as RawSum[]).map(sumOf);
  }

  /** Behind the given one, in the order of tasks and types; none at the end. Both names may be empty. */
  sums(behind: Pick<TypeSum, 'taskId' | 'type'> | undefined, most: number): TypeSum[] {
    const raw =
      behind === undefined ? this.#firstSums.all(most) : this.#nextSums.all(behind.taskId, behind.type, most);
    return (raw as RawSum[]).map(sumOf);
  }

  /** Deletions that may name an entry with one of these ids, or a later one of the same slot. */
  deletionsReaching(ids: readonly IdHalves[]): Deletion[] {
    const version = this.#dataVersion.get() as number;
    if (version !== this.#known?.version) {
      const deletions = this.#deletes.all();
      const furthest = new Map<number, IdHalves>();
      for (const { upTo } of deletions) {
        for (const id of upTo) {
          const before = furthest.get(slotOf(id.low));
          if (before === undefined || compareIds(before, id) < 0) furthest.set(slotOf(id.low), id);
        }
      }
      this.#known = { version, deletions, furthest };
    }
    const { deletions, furthest } = this.#known;
    const isReached = (id: IdHalves) => {
      const last = furthest.get(slotOf(id.low));
      return last !== undefined && compareIds(last, id) >= 0;
    };
    const reached = ids.filter(isReached);
    if (reached.length === 0) return [];
    return deletions.filter(({ upTo }) =>
      upTo.some((last) =>
        reached.some((id) => slotOf(id.low) === slotOf(last.low) && compareIds(last, id) >= 0),
      ),
    );
  }

  /** As tests read their plans. */
  get queries(): readonly string[] {
    const own = [this.#has, this.#row, this.#lastIds, this.#firstSums, this.#nextSums, this.#sumsOf];
    return [...own.map(({ source }) => source), ...this.#pages.queries];
  }

  close(): void {
    this.#db.close();
  }
}

function isId(halves: Partial<IdHalves>): halves is IdHalves {
  return typeof halves.low === 'number';
}

function sumOf([taskId, type, entries, bytes, high, low, lastTimestamp]: RawSum): TypeSum {
  return { taskId, type, entries, bytes, last: { high, low }, lastTimestamp };
}

function readError(path: string, error: unknown): unknown {
  const { code, message, syscall } = error as { code?: unknown; message?: string; syscall?: unknown };
  // Whether the file is there is asked without SQLite.
  if (syscall !== undefined) return ioError(`cannot read ${path}`, error);
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  return new AgentLogError('AGENTLOG_IO', `cannot read ${path}: ${message}`, { cause: error });
}

/** For how many milliseconds it is worth asking again. */
function patienceWith(error: unknown): number {
  const code = String((error as { code?: unknown }).code);
  if (code.startsWith('SQLITE_BUSY')) return PATIENCE_MS;
  return code === 'AGENTLOG_READ_ONLY' ? LOG_PATIENCE_MS : 0;
}
