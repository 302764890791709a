/** What is deleted: one rule for the deletes that wait in segments and for those that the database remembers. */
import { compareIds, type IdHalves, MAX_SLOT } from './entry-id.js';

/** Entries that are to be gone: of one task or of all, up to what the deleter saw, and, for a prune, by their time. */
export interface Deletion {
  /** null: of every task. */
  readonly taskId: string | null;
  /** For each slot the last id that the deleter saw; an id names its slot. Later entries are not touched. */
  readonly upTo: readonly IdHalves[];
  /** Only entries whose timestamp is below this; null: whatever their time. */
  readonly before: number | null;
}

/** What a deletion asks of an entry. */
export interface Deletable {
  readonly idHigh: number;
  readonly idLow: number;
  readonly taskId: string;
  readonly timestamp: number;
}

/** A deletion's id of one slot. */
export interface Bound extends IdHalves {
  readonly before: number | null;
}

/** Whether a deletion with this bound, of the entry's task or of all, names the entry. */
export function isWithin({ idHigh, idLow, timestamp }: Deletable, bound: Bound): boolean {
  if (slotOf(idLow) !== slotOf(bound.low)) return false;
  if (bound.before !== null && timestamp >= bound.before) return false;
  return compareIds({ high: idHigh, low: idLow }, bound) <= 0;
}

export function slotOf(idLow: number): number {
  return idLow & MAX_SLOT;
}
