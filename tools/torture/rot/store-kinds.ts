/** What kinds of store are made, and what is known of one that was. */
import type { StoredEntry } from '../../../src/entry.js';

export const STORE_KINDS = ['killed leader', 'rows and archive', 'rows without archive'] as const;

export type StoreKind = (typeof STORE_KINDS)[number];

/** Everything that was ever given to the store; all of it was acknowledged. */
export type Ledger = readonly StoredEntry[];
