/**
 * Where the compactor puts entries: all that it asks of a database. Another kind of database can stand behind it if it
 * has transactions and can say when what they did is safe without its log.
 */
import type { Deletion } from './deletion.js';
import type { CheckedEntry } from './entry.js';
import type { IdHalves } from './entry-id.js';

/** An entry on its way, its detail still as text. */
export interface Row extends CheckedEntry {
  readonly idHigh: number;
  readonly idLow: number;
  /**
   * Its texts in UTF-8, one behind the other: task, type, agent, detail, text. Given where they are at hand, as to make
   * them anew costs more than all else of a checksum; only to be used until the call returns that was given the row.
   */
  readonly utf8?: Uint8Array | undefined;
}

/** What became of a row: it is new, it was there already, another one has its id, or it was deleted before it came. */
export type Arrival = 'new' | 'known' | 'conflict' | 'deleted';

export interface IngestedSegment {
  readonly segmentId: string;
  readonly name: string;
  readonly slot: number;
  readonly entries: number;
  readonly ids: { readonly first: IdHalves; readonly last: IdHalves } | undefined;
}

export interface SegmentDamage {
  readonly segmentId: string;
  readonly name: string;
  readonly holes: number;
  readonly bytes: number;
  /** Entries in the file that could not become rows; the file is kept for good. */
  readonly unsaved: number;
  readonly reason: string;
}

export interface Checkpoint {
  /** Nothing committed depends on the log any more. */
  readonly isFull: boolean;
}

export interface Destination {
  /** Whether all of the segment is in, committed. */
  has(segmentId: string): boolean;
  /** Whether the segment was found damaged when it came in, and how much of it is nowhere else. */
  damageOf(segmentId: string): { readonly unsaved: number } | undefined;

  begin(): void;
  add(row: Row): Arrival;
  /** Removes at most `most` rows that the deletion names; returns how many. */
  erase(deletion: Deletion, most: number): number;
  /** From now on nothing comes in that the deletion names. */
  recordDeletion(deletion: Deletion): void;
  recordSegment(segment: IngestedSegment): void;
  recordDamage(damage: SegmentDamage): void;
  /** Other segments need not be remembered any more. */
  forgetAllBut(segmentIds: ReadonlySet<string>): void;
  commit(): void;
  rollback(): void;

  checkpoint(): Checkpoint;
  /** Processes that keep a checkpoint from becoming full, as far as that can be known. */
  readonly readers: string;
  /** Whether what was written is what others find. */
  readonly isInPlace: boolean;
  /** Whether it was left without a proper end, and has not been checked since. */
  readonly mustBeChecked: boolean;
  /** Undefined when it is sound, or else what is wrong. With `isSuspect`, whatever can be found. */
  check(isSuspect?: boolean): string | undefined;
  /** Gives space back that deleted rows have left; false when there is little. To be followed by a checkpoint. */
  shrink(): boolean;
  /** False when a reader kept the log from being emptied. */
  closeCleanly(): boolean;
  close(): void;
}
