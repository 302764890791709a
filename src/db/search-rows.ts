/** Rows in which words were found, the newest first, through the index for searches. */
import { hasFullText, noFullText } from './full-text.js';
import { allOf } from './match-expression.js';
import { openForQuery } from './query-connection.js';
import {
  charactersOf,
  conditionOf,
  type IdRange,
  type RawRow,
  type ReadRow,
  ROW_COLUMNS,
  type RowFilter,
  rowOf,
} from './row-pages.js';

export interface RowSearch {
  /** Of the database. */
  readonly path: string;
  readonly phrases: readonly string[];
  readonly filter: RowFilter;
  readonly range: IdRange;
  /** So many at most. */
  readonly most: number;
}

const PAGE_ROWS = 1000;
const PAGE_CHARACTERS = 128 * 1024;

/** Page by page; the last one may be empty. There are none before there is a database. */
export function* findRows(search: RowSearch): Generator<readonly ReadRow[], void, void> {
  const db = openForQuery(search.path);
  if (db === undefined) return;
  try {
    if (!hasFullText(db)) throw noFullText();
    const [sql, values] = queryOf(search);
    let page: ReadRow[] = [];
    let characters = 0;
    for (const raw of db
      .prepare(sql)
      .raw()
      .iterate(...values) as IterableIterator<RawRow>) {
      const row = rowOf(raw);
      page.push(row);
      characters += charactersOf(row);
      if (page.length < PAGE_ROWS && characters < PAGE_CHARACTERS) continue;
      yield page;
      page = [];
      characters = 0;
    }
    yield page;
  } finally {
    db.close();
  }
}

/**
 * FTS5 gives what it finds in the order of the ids, so nothing is sorted, and no more is looked at than is wanted. Exported
 * for the tests, which read its plan.
 */
export function queryOf({ phrases, filter, range: { after, before }, most }: RowSearch): [string, unknown[]] {
  const { taskId, ...others } = filter;
  const [condition, wanted] = conditionOf(others);
  let first = '(@afterHigh << 32 | @afterLow) + 1';
  let last = '(@beforeHigh << 32 | @beforeLow) - 1';
  if (taskId !== undefined) {
    // Without the task's own bounds, a common word would be looked at wherever it stands.
    first = `max(${first}, ifnull((${OF_TASK.replace('*', 'min(id)')}), 0))`;
    last = `min(${last}, ifnull((${OF_TASK.replace('*', 'max(id)')}), 0))`;
  }
  const sql = `
    SELECT ${ROW_COLUMNS}
    FROM (
      SELECT rowid AS found FROM agentLogSearch
      WHERE agentLogSearch MATCH @match AND rowid >= ${first} AND rowid <= ${last}
    ) CROSS JOIN agentLogEntries ON id = found
    WHERE (@taskId IS NULL OR taskId = @taskId) ${condition} ORDER BY found DESC LIMIT @most`;
  const named = {
    match: allOf(phrases),
    afterHigh: after.high,
    afterLow: after.low,
    beforeHigh: before.high,
    beforeLow: before.low,
    taskId: taskId ?? null,
    most,
  };
  return [sql, [...wanted, named]];
}

const OF_TASK = 'SELECT * FROM agentLogEntries INDEXED BY agentLogEntriesByTask WHERE taskId = @taskId';
