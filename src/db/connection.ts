/**
 * Opens the database as a store needs it. Nothing else in the process may open, read or close these files: closing any
 * other descriptor of them drops SQLite's locks on all.
 */
import { chmodSync } from 'node:fs';
import { type Connection, connect } from './better-sqlite3.js';
import { logMissing } from './missing-log.js';
import { FILE_MODE } from './new-file.js';
import { refuseLink } from './no-link.js';
import { rowsPath } from './replacing.js';
import { checkVersion } from './sqlite-version.js';

/** How long SQLite waits for another connection's lock, and the thread that asked with it. */
const WRITER_PATIENCE_MS = 2000;
const READER_PATIENCE_MS = 5;
export const PAGE_BYTES = 8192;
const CACHE_KIB = 32 * 1024;
/** What is kept of the write-ahead log's file after it was written back, so that it need not grow each time. */
const KEPT_WAL_BYTES = 32 * 1024 * 1024;

interface WritingOptions {
  readonly allowUnsafeSqlite: boolean;
}

/** The connection of the one who writes and checkpoints; the file is made if it is not there. */
export function openForWriting(path: string, { allowUnsafeSqlite }: WritingOptions): Connection {
  refuseLink(path);
  const db = connect(path, { timeout: WRITER_PATIENCE_MS });
  try {
    if (!allowUnsafeSqlite) checkVersion(sqliteVersion(db));
    // By name: a descriptor of our own would drop SQLite's locks when it is closed. The other files get this one's mode.
    chmodSync(path, FILE_MODE);
    setUp(db);
    // Only counts while the file is empty.
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma('auto_vacuum = INCREMENTAL');
    // Setting it needs a lock that nobody else may hold, so it is asked for first.
    if (db.pragma('journal_mode', { simple: true }) !== 'wal') db.pragma('journal_mode = WAL');
    // Kept nowhere: builds of SQLite open databases of this mode with less.
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 0');
    db.pragma(`journal_size_limit = ${KEPT_WAL_BYTES}`);
    db.pragma(`cache_size = ${-CACHE_KIB}`);
    if (process.platform === 'darwin') {
      db.pragma('fullfsync = ON');
      db.pragma('checkpoint_fullfsync = ON');
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Throws when there is no such file. The thread waits for another connection's lock as long as the patience says. */
export function openForReading(path: string, patience = READER_PATIENCE_MS): Connection {
  try {
    return openOnce(path, patience);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'SQLITE_READONLY_ROLLBACK') throw error;
    rollBack(path);
    return openOnce(path, patience);
  }
}

/**
 * The power went while a database that was made anew got its log: until then it has a journal, which only a connection that
 * may write can roll back. SQLite's locks let one do it.
 */
function rollBack(path: string): void {
  const db = connect(rowsPath(path), { fileMustExist: true, timeout: WRITER_PATIENCE_MS });
  try {
    setUp(db);
    db.pragma('schema_version');
  } finally {
    db.close();
  }
}

function openOnce(path: string, patience: number): Connection {
  const present = rowsPath(path);
  refuseLink(present);
  const db = connect(present, { readonly: true, fileMustExist: true, timeout: patience });
  try {
    setUp(db);
    db.pragma('query_only = ON');
    // Nothing before has looked at the file or its log.
    db.pragma('schema_version');
    return db;
  } catch (error) {
    db.close();
    throw logMissing(path, error) ?? error;
  }
}

function setUp(db: Connection): void {
  // Pages are checked when they are read, and a mapped file would end the process with a signal where a read fails.
  db.pragma('cell_size_check = ON');
  db.pragma('mmap_size = 0');
  // Whoever could write to the file must not make this process run anything.
  db.pragma('trusted_schema = OFF');
}

function sqliteVersion(db: Connection): string {
  return db.prepare('SELECT sqlite_version()').pluck().get() as string;
}
