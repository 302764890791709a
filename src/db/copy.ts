/** Copies the database as it is at one moment, while others write to it. */
import { closeSync, fsyncSync, lstatSync, openSync } from 'node:fs';
import { connect } from './better-sqlite3.js';
import { openForReading } from './connection.js';
import { fileIdentity } from './file-identity.js';
import { makeEmptyFile } from './new-file.js';
import { rowsPath } from './replacing.js';

const PAGES_A_STEP = 256;

/** Returns the size of the copy; 0 when there is no database. */
export async function copyDatabase(
  from: string,
  to: string,
  onProgress: (pages: number, pagesLeft: number) => void,
): Promise<number> {
  if (fileIdentity(rowsPath(from)) === undefined) return 0;
  makeEmptyFile(to);
  const db = openForReading(from);
  try {
    // Within one transaction all steps copy the same state; without it every commit of others would begin it anew.
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    const { totalPages } = await db.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        onProgress(totalPages - remainingPages, remainingPages);
        return PAGES_A_STEP;
      },
    });
    db.exec('COMMIT');
    onProgress(totalPages, 0);
  } finally {
    db.close();
  }
  makeOneFile(to);
  return lstatSync(to).size;
}

/**
 * Without a log and its index, which a medium that cannot be written to would have to bring along. No other connection may
 * have it open, and all of it is on disk afterwards.
 */
export function makeOneFile(path: string): void {
  const db = connect(path, {});
  try {
    db.pragma('journal_mode = DELETE');
  } finally {
    db.close();
  }
  // SQLite has closed it, so a descriptor of our own drops no locks.
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
