/**
 * The database as the compactor sees it: one transaction at a time puts rows in, and checkpoints say when what was
 * committed no longer depends on the write-ahead log.
 */
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Deletion } from '../deletion.js';
import type {
  Arrival,
  Checkpoint,
  Destination,
  IngestedSegment,
  Row,
  SegmentDamage,
} from '../destination.js';
import type { HealEvent } from '../events.js';
import type { Connection, Statement } from './better-sqlite3.js';
import { openForReading, openForWriting } from './connection.js';
import { Counters } from './counters.js';
import { damage } from './damage.js';
import { Deletes } from './deletes.js';
import { Erasure, makeNotes } from './erasure.js';
import { fileIdentity } from './file-identity.js';
import { FullText, makeFullText } from './full-text.js';
import { makeEmptyFile } from './new-file.js';
import { readersOf } from './readers.js';
import { syncDirectory } from './replacing.js';
import { rowCrc } from './row.js';
import { checkTables, HEALED, migrate } from './schema.js';

export interface RowStoreOptions {
  readonly allowUnsafeSqlite: boolean;
  readonly fullText: boolean;
}

const STATE = 'state';
/** Free pages are given back to the file system when there are more of them than this part of all. */
const MOST_FREE = 1 / 4;
const LEAST_FREE_PAGES = 1024;
const VACUUM_PAGES = 2048;

export class RowStore implements Destination {
  readonly #path: string;
  readonly #db: Connection;
  readonly #counters: Counters;
  readonly #deletes: Deletes;
  readonly #erasure: Erasure;
  readonly #fullText: FullText;
  readonly #insert: Statement;
  readonly #same: Statement;
  readonly #ledger: Statement;
  readonly #slot: Statement;
  readonly #isIngested: Statement;
  readonly #allIngested: Statement;
  readonly #dropSegment: Statement;
  readonly #damage: Statement;
  readonly #damageOf: Statement;
  readonly #setState: Statement;
  /** The files that were opened: another one under the same name is not this database. */
  readonly #files: string;
  #mustBeChecked: boolean;
  #saysOpen: boolean;

  private constructor(path: string, db: Connection, { fullText }: RowStoreOptions) {
    this.#path = path;
    this.#db = db;
    makeNotes(db);
    this.#counters = new Counters(db);
    this.#deletes = new Deletes(db);
    this.#fullText = new FullText(db, fullText);
    this.#erasure = new Erasure(db, this.#counters, this.#fullText);
    this.#insert = db.prepare(`
      INSERT INTO agentLogEntries (id, taskId, timestamp, type, agent, text, detail, crc)
      VALUES ((? << 32) | ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`);
    this.#same = db.prepare(`
      SELECT 1 FROM agentLogEntries
      WHERE id = (@idHigh << 32) | @idLow AND taskId = @taskId AND timestamp = @timestamp AND type = @type
        AND agent IS @agent AND text = @text AND detail IS @detail`);
    this.#ledger = db.prepare(`
      INSERT INTO agentLogSegments (segmentId, name, slot, entries, firstId, lastId, ingestedAt)
      VALUES (@segmentId, @name, @slot, @entries, (@firstHigh << 32) | @firstLow, (@lastHigh << 32) | @lastLow, @now)`);
    this.#slot = db.prepare(`
      INSERT INTO agentLogSlots VALUES (@slot, (@lastHigh << 32) | @lastLow)
      ON CONFLICT (slot) DO UPDATE SET lastId = max(lastId, excluded.lastId)`);
    this.#isIngested = db.prepare('SELECT 1 FROM agentLogSegments WHERE segmentId = ?').pluck();
    this.#allIngested = db.prepare('SELECT segmentId FROM agentLogSegments').pluck();
    this.#dropSegment = db.prepare('DELETE FROM agentLogSegments WHERE segmentId = ?');
    this.#damage = db.prepare(`
      INSERT INTO agentLogDamage (segmentId, name, foundAt, holes, bytes, unsaved, reason)
      VALUES (@segmentId, @name, @now, @holes, @bytes, @unsaved, @reason)`);
    this.#damageOf = db.prepare('SELECT unsaved FROM agentLogDamage WHERE segmentId = ?');
    this.#setState = db.prepare(
      'INSERT INTO agentLogMeta VALUES (@key, @value) ON CONFLICT (key) DO UPDATE SET value = @value',
    );
    const state = db.prepare('SELECT value FROM agentLogMeta WHERE key = ?').pluck().get(STATE);
    this.#mustBeChecked = state === 'open';
    this.#saysOpen = state === 'open';
    this.#files = filesAt(path);
  }

  static open(path: string, options: RowStoreOptions): RowStore {
    if (fileIdentity(path) === undefined) makeDatabase(path, options);
    const before = fileIdentity(path);
    // SQLite would take it for one that is still to be made, and wait for those who have had it open to let go of it.
    if (lstatSync(path).size === 0) throw damage('it is empty');
    const db = openForWriting(path, options);
    try {
      checkTables(db, path);
      migrate(db, path);
      const store = new RowStore(path, db, options);
      if (!store.#files.startsWith(`${before} `)) throw new Error(`${path} was replaced while it was opened`);
      return store;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  has(segmentId: string): boolean {
    return this.#isIngested.get(segmentId) !== undefined;
  }

  damageOf(segmentId: string): { readonly unsaved: number } | undefined {
    return this.#damageOf.get(segmentId) as { unsaved: number } | undefined;
  }

  begin(): void {
    this.#db.exec('BEGIN IMMEDIATE');
    // Healing, or another leader, may have written since.
    this.#deletes.forget();
    if (this.#saysOpen) return;
    this.#setState.run({ key: STATE, value: 'open' });
  }

  add(row: Row): Arrival {
    if (this.#deletes.covers(row)) return 'deleted';
    const { idHigh, idLow, taskId, timestamp, type, agent, text, detail } = row;
    const { changes } = this.#insert.run(
      idHigh,
      idLow,
      taskId,
      timestamp,
      type,
      agent ?? null,
      text,
      detail ?? null,
      rowCrc(row),
    );
    if (changes === 0) return this.#isSame(row) ? 'known' : 'conflict';
    this.#counters.added(row);
    this.#fullText.add(row);
    return 'new';
  }

  /** At most `most` rows; returns how many were removed. If these were all, the deletion can be recorded. */
  erase(deletion: Deletion, most: number): number {
    return this.#erasure.erase(deletion, most);
  }

  /** From now on no row comes in that the deletion covers. */
  recordDeletion(deletion: Deletion): void {
    this.#deletes.add(deletion);
  }

  recordSegment(segment: IngestedSegment): void {
    const { segmentId, name, slot, entries, ids } = segment;
    const halves = {
      firstHigh: ids?.first.high ?? null,
      firstLow: ids?.first.low ?? null,
      lastHigh: ids?.last.high ?? null,
      lastLow: ids?.last.low ?? null,
    };
    this.#ledger.run({ segmentId, name, slot, entries, ...halves, now: Date.now() });
    if (ids !== undefined) this.#slot.run({ slot, ...halves });
  }

  /** For rows that did not come from segments: the last one of each slot has come in. */
  noteLastIds(): void {
    this.#db.exec(`
      INSERT INTO agentLogSlots SELECT id & 1023, max(id) FROM agentLogEntries WHERE true GROUP BY 1
      ON CONFLICT (slot) DO UPDATE SET lastId = max(lastId, excluded.lastId)`);
  }

  /** How the database was made anew, for those who had the old one open. */
  noteHealing(event: HealEvent): void {
    this.#setState.run({ key: HEALED, value: JSON.stringify(event) });
  }

  recordDamage(damage: SegmentDamage): void {
    this.#damage.run({ ...damage, now: Date.now() });
  }

  /** Segments whose files are gone for good need not be remembered. */
  forgetAllBut(segmentIds: ReadonlySet<string>): void {
    for (const segmentId of this.#allIngested.all() as string[])
      if (!segmentIds.has(segmentId)) this.#dropSegment.run(segmentId);
  }

  commit(): void {
    this.#counters.write();
    this.#db.exec('COMMIT');
    this.#saysOpen = true;
  }

  rollback(): void {
    this.#counters.forget();
    this.#deletes.forget();
    // SQLite ends a transaction by itself after some errors.
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  /** Never more than PASSIVE: it takes nothing from readers, and waits for nobody. */
  checkpoint(): Checkpoint {
    return checkpoint(this.#db, 'PASSIVE');
  }

  /** Who keeps a checkpoint from becoming full, for people. */
  get readers(): string {
    return readersOf(`${this.#path}-shm`);
  }

  /** Whether the files that were written are still those that others find under their names. */
  get isInPlace(): boolean {
    return filesAt(this.#path) === this.#files;
  }

  /** Whether the last one who wrote stopped without saying so, and the database has not been checked since. */
  get mustBeChecked(): boolean {
    return this.#mustBeChecked;
  }

  /** Reads the whole database. Undefined when it is sound, or else what is wrong with it. */
  check(isSuspect = false): string | undefined {
    // The thorough one also holds indexes against their tables, which takes several times as long.
    const check = isSuspect ? 'integrity_check(1)' : 'quick_check(1)';
    const answer = this.#db.pragma(check, { simple: true }) as string;
    if (answer !== 'ok') return answer;
    const { damaged } = this.#deletes.read();
    if (damaged > 0) return `${damaged} of its deletes are not what was written`;
    if (isSuspect) this.#fullText.check();
    this.#mustBeChecked = false;
    return undefined;
  }

  /** Gives a part of the free pages back to the file system, if there are many. To be followed by a checkpoint. */
  shrink(): boolean {
    const free = this.#db.pragma('freelist_count', { simple: true }) as number;
    const all = this.#db.pragma('page_count', { simple: true }) as number;
    if (free < LEAST_FREE_PAGES || free < all * MOST_FREE) return false;
    this.#db.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
    // A database that somebody has vacuumed may have lost the ability.
    return (this.#db.pragma('freelist_count', { simple: true }) as number) < free;
  }

  /**
   * Ends the work so that whoever opens the database next finds it whole, and so that it can be read in a directory
   * that cannot be written to. Everything must have been checkpointed. False when a reader kept the log from being emptied.
   */
  closeCleanly(): boolean {
    let emptied = true;
    let last: Connection | undefined;
    try {
      if (this.#saysOpen && !this.#mustBeChecked) {
        this.#setState.run({ key: STATE, value: 'closed' });
        this.#db.pragma('busy_timeout = 100');
        emptied = checkpoint(this.#db, 'TRUNCATE').isFull;
        if (!emptied) checkpoint(this.#db, 'PASSIVE');
      }
      // Of the connections that close, the last one takes the log with it if it may write.
      last = openForReading(this.#path);
    } finally {
      this.#db.close();
      last?.close();
    }
    return emptied;
  }

  /** Lets go of the files as they are. */
  close(): void {
    this.#db.close();
  }

  #isSame(row: Row): boolean {
    return this.#same.get({ ...row, agent: row.agent ?? null, detail: row.detail ?? null }) !== undefined;
  }
}

function checkpoint(db: Connection, mode: 'PASSIVE' | 'TRUNCATE'): Checkpoint {
  const [row] = db.pragma(`wal_checkpoint(${mode})`) as { busy: number; log: number; checkpointed: number }[];
  const { busy, log, checkpointed } = row!;
  return { isFull: busy === 0 && log >= 0 && log === checkpointed };
}

/**
 * Under another name, which it gets when it is whole: while a database is made it cannot be read, and whoever makes it may
 * be stopped in the middle.
 */
function makeDatabase(path: string, options: RowStoreOptions): void {
  const unfinished = `${path}.new`;
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(`${unfinished}${ending}`, { force: true });
  makeEmptyFile(unfinished);
  const db = openForWriting(unfinished, options);
  try {
    migrate(db, unfinished);
    // Who searches what waits must not find a database without the index in between.
    if (options.fullText) makeFullText(db);
    // Closing takes the log with it, but leaves it there, and says nothing, when not all of it could be written back.
    if (!checkpoint(db, 'TRUNCATE').isFull) throw new Error(`${unfinished} is being used by somebody else`);
  } finally {
    db.close();
  }
  renameSync(unfinished, path);
  syncDirectory(dirname(path));
}

/** Which files stand at the names of the database and its log. */
function filesAt(path: string): string {
  return `${fileIdentity(path)} ${fileIdentity(`${path}-wal`)}`;
}
