/** What SQLite says when a database is not what it should be: never that it is locked, or that the disk fails. */

export function isDamage(error: unknown): boolean {
  const code = String((error as { code?: unknown } | null)?.code);
  return code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB');
}

/** For what is wrong although SQLite can read it. */
export function damage(message: string): Error {
  return Object.assign(new Error(`the database is damaged: ${message}`), { code: 'SQLITE_CORRUPT' });
}
