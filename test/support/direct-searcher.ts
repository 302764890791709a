/** Asks SQLite for searches in this thread, where a store on a simulated disk has its database. */
import { findRows } from '../../src/db/search-rows.js';
import { matchTexts, type ShownText, type TextMatch, type TextSearch } from '../../src/db/search-texts.js';
import type { Searcher } from '../../src/reading/search.js';

/** `path`: of the database. `before` comes before each question. */
export function directSearcher(path: string, before: () => Promise<void>): Searcher {
  return {
    rows: async (search) => {
      await before();
      return [...findRows({ path, ...search })].flat();
    },
    texts: async (search, texts) => {
      await before();
      return matchesOf(search, texts);
    },
  };
}

/** Those of the texts that match. */
export function matchesOf(search: TextSearch, texts: readonly ShownText[]): TextMatch[] {
  const pages = matchTexts(search);
  pages.next();
  pages.next(texts);
  const found: TextMatch[] = [];
  for (let page = pages.next(undefined).value; page !== undefined; page = pages.next(undefined).value)
    found.push(...page);
  return found;
}
