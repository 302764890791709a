/** What the index for searches finds, the oldest first. */

import type { StoredEntry } from '../../../src/entry.js';
import { AgentLogError } from '../../../src/errors.js';
import type { SearchOptions } from '../../../src/reading/api.js';
import { CliError, UsageError } from '../errors.js';
import type { LogReader } from './log-reader.js';

const LONGEST = 10_000;

export async function searched(
  reader: LogReader,
  words: string,
  wanted: SearchOptions,
): Promise<StoredEntry[]> {
  if (words.length > LONGEST) throw new UsageError(`--search takes ${LONGEST} characters at most`);
  try {
    const results = await reader.log.search(words, wanted);
    return results.reverse().map(({ rank: _rank, snippet: _snippet, matches: _matches, ...entry }) => entry);
  } catch (error) {
    if (!(error instanceof AgentLogError) || error.code !== 'AGENTLOG_NO_FULL_TEXT') throw error;
    throw new CliError(
      `${reader.store.paths.root} has no index for searches: the program that writes to it did not open it with fullText. --grep goes through all entries without one`,
      1,
      error,
    );
  }
}
