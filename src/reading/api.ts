/** What callers give to the reading half of the API, and get from it. Types only, which need no others than these. */
import type { CancelSignal } from '../cancel-signal.js';
import type { JsonValue, StoredEntry } from '../entry.js';

export interface EntryFilter {
  taskId?: string | undefined;
  /** One, or any of several. */
  type?: string | readonly string[] | undefined;
  agent?: string | undefined;
  /** Epoch milliseconds, inclusive. */
  since?: number | undefined;
  /** Epoch milliseconds, inclusive. */
  until?: number | undefined;
  /** Entries with higher ids only. */
  after?: string | undefined;
  /** Entries with lower ids only. */
  before?: string | undefined;
}

export interface EntriesQuery extends EntryFilter {
  /** By id. 'asc' unless said otherwise. */
  order?: 'asc' | 'desc' | undefined;
  /** So many at most. 1,000 unless said otherwise. */
  limit?: number | undefined;
  /** The newest so many, the oldest of them first; instead of `order` and `limit`. */
  last?: number | undefined;
}

export interface ScanOptions extends EntryFilter {
  /** By id. 'asc' unless said otherwise. */
  order?: 'asc' | 'desc' | undefined;
  /** Aborting rejects the next step with the signal's reason. */
  signal?: CancelSignal | undefined;
}

export interface SearchOptions extends EntryFilter {
  /** So many at most, the newest. 50 unless said otherwise. */
  limit?: number | undefined;
  /** Aborting ends the search, whatever it does. */
  signal?: CancelSignal | undefined;
}

/** An entry in which something was found. */
export interface SearchResult<Detail = JsonValue> extends StoredEntry<Detail> {
  /** How well it matches among the entries of this answer, by SQLite's bm25: the lower, the better. */
  rank: number;
  /** A part of the text in which something was found, some hundred characters long at most. */
  snippet: string;
  /** Where in `snippet` something was found: from `start` up to, without, `end`, as for `snippet.slice(start, end)`. */
  matches: [start: number, end: number][];
}

export interface FollowOptions {
  taskId?: string | undefined;
  /** One, or any of several. */
  type?: string | readonly string[] | undefined;
  /** Of another follow, or of `log.cursor()`; everything from the beginning on when left out. */
  cursor?: string | undefined;
  /** Aborting ends the iteration. */
  signal?: CancelSignal | undefined;
}

export interface CountFilter {
  taskId?: string | undefined;
  /** One, or any of several. */
  type?: string | readonly string[] | undefined;
}

/** What there is of a task. */
export interface TaskSummary {
  taskId: string;
  entries: number;
  /** UTF-8 bytes of the texts. */
  bytes: number;
  /** Of the last entry, by id. */
  lastId: string;
  lastTimestamp: number;
  /** Entries of each type. */
  types: { [type: string]: number };
}

/** Every entry once, in the order in which its writer appended them, also those that were there before. */
export interface EntryFollow<Detail = JsonValue> extends AsyncIterableIterator<StoredEntry<Detail>> {
  /** Where it stands: behind the entry that was given last. A follow that begins there misses and repeats nothing. */
  readonly cursor: string;
}
