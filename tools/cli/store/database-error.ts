/** What SQLite says, as a sentence that names the file. */
import { isDamage } from '../../../src/db/damage.js';
import { AgentLogError } from '../../../src/errors.js';
import { databasePath, type StorePaths } from '../../../src/segment/store-directory.js';
import { CliError } from '../errors.js';

/** Anything else stays what it is. */
export function databaseError(paths: StorePaths, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (error instanceof AgentLogError || typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  const path = databasePath(paths);
  if (code.startsWith('SQLITE_BUSY'))
    return new CliError(`${path} is locked by another program: try again when it has ended`, 1, error);
  return new CliError(`${path} cannot be read: ${message}`, isDamage(error) ? 3 : 1, error);
}
