/**
 * Marks that a handle leaves for whoever leads: files without contents in `locks/`. Nothing that was acknowledged depends on
 * them, so they are not synced.
 */
import { join } from 'node:path';
import { call, isMissing, isThere, openOrCreate, type Steps } from './steps.js';
import type { StorePaths } from './store-directory.js';

export type Mark =
  /** A handle has wanted an index for searches: whoever brings entries into the database makes one then. */
  | 'search.wanted'
  /** SQLite has said that something is wrong with the database. */
  | 'database.suspect'
  /** The database is to be made anew. */
  | 'database.rebuild';

export function* makeMark({ locks }: StorePaths, mark: Mark): Steps<void> {
  yield* call('close', yield* openOrCreate(join(locks, mark)));
}

export function hasMark({ locks }: StorePaths, mark: Mark): Steps<boolean> {
  return isThere(join(locks, mark));
}

/** Whether it was there. */
export function* takeMark({ locks }: StorePaths, mark: Mark): Steps<boolean> {
  try {
    yield* call('unlink', join(locks, mark));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
