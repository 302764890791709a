/** For what goes by the database alone: one that lost its rows must not look like one that never had any. */
import type { StorePaths } from '../../../src/segment/store-directory.js';
import { CliError } from '../errors.js';
import { askDatabase } from './database-look.js';

/** `given`: the store, as the user wrote it. */
export function requireRows(paths: StorePaths, given: string): void {
  const { state, problem } = askDatabase(paths, () => undefined);
  if (state === 'gone' || state === 'damaged')
    throw new CliError(
      `the database of ${given} is ${state}: ${problem}. agentlog status ${given} says how it comes back`,
      3,
    );
}
