/**
 * The database, for one query in a process for queries. The connection is of this query alone, so that nothing that a
 * statement leaves in it meets the next one, and the database is always the one that is there now.
 */
import type { Connection } from './better-sqlite3.js';
import { openForReading } from './connection.js';
import { fileIdentity } from './file-identity.js';
import { rowsPath } from './replacing.js';
import { checkVersionOf } from './schema.js';

/** Whoever asks does so in a thread that nobody else waits for. */
const PATIENCE_MS = 10_000;

/** Undefined when there is none yet. */
export function openForQuery(path: string): Connection | undefined {
  if (fileIdentity(rowsPath(path)) === undefined) return undefined;
  const db = openForReading(path, PATIENCE_MS);
  try {
    if (checkVersionOf(db, path) > 0) return db;
  } catch (error) {
    db.close();
    throw error;
  }
  // An empty file that another program has made.
  db.close();
  return undefined;
}
