/** What a search asks SQLite, in processes that can be ended. */
import type { CancelSignal } from '../cancel-signal.js';
import type { ReadRow } from '../db/row-pages.js';
import type { RowSearch } from '../db/search-rows.js';
import type { ShownText, TextMatch, TextSearch } from '../db/search-texts.js';
import type { QueryProcesses } from './query-processes.js';

/** Of texts that are sent at once: the host's thread is busy with it. */
const MOST_CHARACTERS = 128 * 1024;

export class QuerySearcher {
  readonly #processes: QueryProcesses;
  readonly #path: string;

  /** `path`: of the database; there need not be one yet. */
  constructor(processes: QueryProcesses, path: string) {
    this.#processes = processes;
    this.#path = path;
  }

  async rows(search: Omit<RowSearch, 'path'>, signal: CancelSignal | undefined): Promise<ReadRow[]> {
    const rows: ReadRow[] = [];
    const take = (page: readonly ReadRow[]) => {
      rows.push(...page);
    };
    await this.#processes.run({ request: { kind: 'rows', path: this.#path, ...search }, take }, signal);
    return rows;
  }

  async texts(
    search: TextSearch,
    texts: readonly ShownText[],
    signal: CancelSignal | undefined,
  ): Promise<TextMatch[]> {
    const matches: TextMatch[] = [];
    const parts = partsOf(texts);
    const take = (page: readonly TextMatch[]) => {
      matches.push(...page);
      return parts.next().value;
    };
    await this.#processes.run({ request: { kind: 'texts', ...search }, take }, signal);
    return matches;
  }
}

function* partsOf(texts: readonly ShownText[]): Generator<ShownText[], undefined, void> {
  let part: ShownText[] = [];
  let characters = 0;
  for (const { type, text } of texts) {
    part.push({ type, text });
    characters += text.length;
    if (characters < MOST_CHARACTERS) continue;
    yield part;
    part = [];
    characters = 0;
  }
  yield part;
  return undefined;
}
