/** The database, asked once and at once: whatever is wrong with it is an answer, as the rest of the store can be looked at. */

import { isDatabaseLost } from '../../../src/compactor/lost-database.js';
import type { Connection } from '../../../src/db/better-sqlite3.js';
import { openForReading } from '../../../src/db/connection.js';
import { isDamage } from '../../../src/db/damage.js';
import { fileIdentity } from '../../../src/db/file-identity.js';
import { rowsPath } from '../../../src/db/replacing.js';
import { checkVersionOf } from '../../../src/db/schema.js';
import { listSegments } from '../../../src/segment/segment-list.js';
import { runSync } from '../../../src/segment/steps.js';
import { databasePath, type StorePaths } from '../../../src/segment/store-directory.js';
import { lookingDisk } from './looking-disk.js';

export type DatabaseState =
  | 'well'
  /** Nothing has become rows yet. */
  | 'none'
  /** There is none, and there must have been one. */
  | 'gone'
  | 'damaged'
  /** Another program keeps it for itself. */
  | 'locked'
  /** A newer agentlog has made its tables. */
  | 'newer'
  | 'unreadable';

export interface DatabaseLook<Answer> {
  readonly state: DatabaseState;
  /** What is wrong. */
  readonly problem: string | undefined;
  /** Undefined unless it is well. */
  readonly answer: Answer | undefined;
}

/** Who keeps it for a moment lets go of it by then. */
const PATIENCE_MS = 1000;

/** All that the question asks is answered from one state. */
export function askDatabase<Answer>(
  paths: StorePaths,
  question: (db: Connection) => Answer,
): DatabaseLook<Answer> {
  const path = databasePath(paths);
  if (fileIdentity(rowsPath(path)) === undefined)
    return isDatabaseLost(lookingDisk, paths, path)
      ? without('gone', 'there were rows in it, as segments were let go of')
      : without('none');
  let db: Connection | undefined;
  try {
    db = openForReading(path, PATIENCE_MS);
    // A file that another program has made, or one that lost all it had.
    if (checkVersionOf(db, path) === 0)
      return hadRows(paths) ? without('damaged', 'it is empty, and there were rows in it') : without('none');
    db.exec('BEGIN');
    return { state: 'well', problem: undefined, answer: question(db) };
  } catch (error) {
    return without(stateFor(error), (error as Error).message);
  } finally {
    db?.close();
  }
}

/** Segments are let go of when they have become rows. */
function hadRows({ archive, quarantine }: StorePaths): boolean {
  return [archive, quarantine].some((path) => runSync(lookingDisk, listSegments(path)).length > 0);
}

function without(state: DatabaseState, problem?: string): DatabaseLook<never> {
  return { state, problem, answer: undefined };
}

function stateFor(error: unknown): DatabaseState {
  if (isDamage(error)) return 'damaged';
  const code = String((error as { code?: unknown }).code);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'locked';
  return code === 'AGENTLOG_FORMAT' ? 'newer' : 'unreadable';
}
