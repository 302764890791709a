/// <reference lib="esnext.disposable" preserve="true" />
/** The store as its users see it. Types only, which need no others than these. */
import type {
  BackupOptions,
  BackupResult,
  CompactOptions,
  CompactResult,
  RebuildOptions,
  VerifyOptions,
  VerifyResult,
} from './compactor/api.js';
import type { SqlParameters } from './db/sql-query.js';
import type { Entry, JsonValue, StoredEntry } from './entry.js';
import type { AgentLogEvents, AgentLogListener, HealEvent } from './events.js';
import type { SqlOptions } from './query/arguments.js';
import type {
  CountFilter,
  EntriesQuery,
  EntryFollow,
  FollowOptions,
  ScanOptions,
  SearchOptions,
  SearchResult,
  TaskSummary,
} from './reading/api.js';

/** A handle of a store. Any number of handles, processes and threads may have the same store open. */
export interface AgentLog<Detail = JsonValue> {
  /** Resolves to the entry's id once the entry is on disk. */
  append(entry: Entry<Detail>): Promise<string>;
  /** All of them or, also after a crash, none; their ids, in the same order. */
  appendBatch(entries: readonly Entry<Detail>[]): Promise<string[]>;
  /** On disk when it returns. Blocks the process meanwhile; what other calls have under way is written first. */
  appendSync(entry: Entry<Detail>): string;
  /**
   * Takes the entry and returns at once, and never throws. What cannot be written is counted in `(await stats()).dropped` and
   * told by a warning. What it took is on disk after a `flush()`, a `close()`, or the regular end of the process.
   */
  write(entry: Entry<Detail>): void;
  /** Resolves when everything taken so far is on disk; rejects if anything of it did not get there. What `write` dropped it never took. */
  flush(): Promise<void>;
  /** As `flush`, but everything is on disk when it returns. */
  flushSync(): void;
  /** The first entries that the query names, or the last ones. */
  entries(query?: EntriesQuery): Promise<StoredEntry<Detail>[]>;
  /** Everything that was acknowledged when it begins, in the order of the ids, in bounded memory. */
  scan(options?: ScanOptions): AsyncIterableIterator<StoredEntry<Detail>>;
  /**
   * What was acknowledged, then what is, by all that write to the store, until it is left, aborted, or this handle is
   * closed. Each writer's entries come in their order; those of different writers nearly so.
   */
  follow(options?: FollowOptions): EntryFollow<Detail>;
  /** Where a follow begins that gives only what is acknowledged after this call. */
  cursor(): Promise<string>;
  /** The entry with this id. */
  get(id: string): Promise<StoredEntry<Detail> | undefined>;
  /** How many entries there are, at no cost that grows with their number. */
  count(filter?: CountFilter): Promise<number>;
  /** What there is of each task, those with the newest entries first. */
  tasks(): Promise<TaskSummary[]>;
  /**
   * The newest entries in which all words of `text` are found, the newest first. See docs/api.md for what a word is, and for
   * the index that this needs.
   */
  search(text: string, options?: SearchOptions): Promise<SearchResult<Detail>[]>;
  /**
   * Runs a statement that reads, in a process of its own, on what has become rows by now: entries do so after up to a minute
   * and a half, or with `compact()`. `agentlog_id_text(id)` makes the API's id of a row's. See docs/api.md for the tables.
   */
  sql<Row = Record<string, unknown>>(
    query: string,
    parameters?: SqlParameters,
    options?: SqlOptions,
  ): Promise<Row[]>;
  /**
   * Brings everything acknowledged so far by this handle, and all that nobody writes to any more, into the database. If
   * another handle of the store leads, that one is asked to. Aborting ends the waiting, not the work.
   */
  compact(options?: CompactOptions): Promise<CompactResult>;
  /**
   * Deletes what can be seen of the task when it is called, for good and for everybody once it resolves. What is logged
   * later stays.
   */
  deleteTask(taskId: string): Promise<void>;
  /** As `deleteTask`, but by age, or all but the newest entries of each task. */
  prune(which: PruneOptions): Promise<void>;
  /**
   * Copies the store into `directory`, which must not be there or be empty: everything acknowledged before the call, and
   * maybe some of what comes later. Others may write meanwhile.
   */
  backup(directory: string, options?: BackupOptions): Promise<BackupResult>;
  /**
   * Reads everything and holds it against itself: the checksums of all segments and rows, the ledger against the files, the
   * counters against the rows, SQLite's own check. Others may write meanwhile; entries do not become rows until it is done.
   */
  verify(options?: VerifyOptions): Promise<VerifyResult>;
  /**
   * Makes the database anew, as is done by itself when SQLite finds it damaged: from all rows that are what was written, and
   * from the segments that are still there. Nothing that can be read is lost by it. Aborting ends the waiting, not the work.
   */
  rebuild(options?: RebuildOptions): Promise<HealEvent>;
  stats(): Promise<AgentLogStats>;
  on<Name extends keyof AgentLogEvents>(name: Name, listener: AgentLogListener<Name>): this;
  off<Name extends keyof AgentLogEvents>(name: Name, listener: AgentLogListener<Name>): this;
  /** Writes what waits and lets go of everything. Appending afterwards is AGENTLOG_CLOSED. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface PruneOptions {
  /** Deletes entries whose timestamp is below this, in epoch milliseconds. */
  before?: number | undefined;
  /** Deletes all but so many entries of each task, those with the highest ids. */
  keepPerTask?: number | undefined;
  /** Deletes nothing of other tasks than these. */
  taskIds?: readonly string[] | undefined;
}

export interface AgentLogStats {
  /** The number of this handle among all that write to the store; null for one that only reads. */
  slot: number | null;
  /** Entries that this handle has acknowledged. */
  acknowledged: number;
  /** Bytes that this handle has taken and not acknowledged yet. */
  pendingBytes: number;
  /** Entries that `write` had to drop. */
  dropped: number;
  /** What waits to become rows: segments that nobody writes to any more. Reading takes longer when it is much. */
  backlog: { segments: number; bytes: number };
  /** Whether this handle brings entries into the database at the moment. */
  leading: boolean;
  /** What this handle has heard of since it was opened, as told by `recover`, `damage` and `heal` events. */
  recovered: { segments: number; entries: number; tornBytes: number };
  damaged: number;
  healed: number;
}
