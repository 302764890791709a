/**
 * In WAL mode a database is three files. SQLite makes its log, and the log's index, when they are not there, also for
 * those who only read; in a directory that cannot be written to it can not, and says that it cannot open the database.
 */
import { accessSync, constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AgentLogError } from '../errors.js';

/** What to do about it, if that is why the database at `path` could not be opened. By names only: no file is opened. */
export function logMissing(path: string, error: unknown): AgentLogError | undefined {
  if ((error as { code?: unknown }).code !== 'SQLITE_CANTOPEN') return undefined;
  const files = [`${path}-wal`, `${path}-shm`];
  const { R_OK, W_OK } = constants;
  // Where it can make them, or has them, it is for another reason.
  if (!may(path, R_OK) || may(dirname(path), W_OK) || files.every((file) => may(file, R_OK)))
    return undefined;
  const names = files.map((file) => basename(file)).join(' and ');
  return new AgentLogError(
    'AGENTLOG_READ_ONLY',
    `cannot read ${path}: ${names} must be beside it, as nothing can be made there. Reading the store once where it can be written to, with readOnly or without, leaves both; or read a copy of it that can be written to, or a backup`,
    { cause: error },
  );
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
