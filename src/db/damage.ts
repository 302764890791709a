/** What SQLite says when a database is not what it should be: never that it is locked, or that the disk fails. */
const CODES = [
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  // Nothing is put in that could be there: what says otherwise has lost what it had.
  'SQLITE_CONSTRAINT',
  // The disk gave all there is, and it ends too early.
  'SQLITE_IOERR_SHORT_READ',
];

export function isDamage(error: unknown): boolean {
  const code = String((error as { code?: unknown } | null)?.code);
  return CODES.some((kind) => code.startsWith(kind));
}

/** For what is wrong although SQLite can read it. */
export function damage(message: string): Error {
  return Object.assign(new Error(`the database is damaged: ${message}`), { code: 'SQLITE_CORRUPT' });
}
