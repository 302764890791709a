/** How SQLite finds what reading asks for: in order, by an index, whatever somebody has it gather about the tables. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { betterSqlite3, type Connection } from '../../src/db/better-sqlite3.js';
import type { RowFilter } from '../../src/db/row-pages.js';
import { RowReader } from '../../src/db/row-reader.js';
import { RowStore } from '../../src/db/row-store.js';
import type { Row } from '../../src/destination.js';
import { packId } from '../../src/entry-id.js';
import { FIRST_ID, LAST_ID } from '../../src/reading/filter.js';
import { tempDir } from '../package/support/temp-dir.js';

const TIME = Date.UTC(2026, 0, 2);

/** One task has nearly all, another a single one; so it is with types and agents. */
function skewed(n: number): Row {
  const { high: idHigh, low: idLow } = packId({ time: TIME + n, counter: 0, slot: n % 2 });
  const kind = n === 0 ? 'rare' : n % 100 === 0 ? 'some' : 'usual';
  return {
    idHigh,
    idLow,
    taskId: kind,
    type: kind,
    agent: kind,
    text: 'x',
    detail: undefined,
    timestamp: TIME,
  };
}

function databaseOf(rows: number): { path: string; outside: Connection } {
  const path = join(tempDir(), 'agent-log.db');
  const store = RowStore.open(path, { allowUnsafeSqlite: false, fullText: false });
  store.begin();
  for (let n = 0; n < rows; n++) store.add(skewed(n));
  store.commit();
  const outside = new (betterSqlite3())(path);
  onTestFinished(() => {
    outside.close();
    store.close();
  });
  return { path, outside };
}

const OTHERS: RowFilter[] = [
  {},
  { agent: 'rare' },
  { since: TIME },
  { until: TIME },
  { slots: [1] },
  { agent: 'rare', since: TIME, until: TIME, slots: [0, 1] },
];

/** Every query that reading asks, and how SQLite goes about it. */
async function plansOf(path: string): Promise<Map<string, string[]>> {
  const reader = new RowReader(path);
  onTestFinished(() => reader.close());
  const queries = await reader.ask((rows) => {
    for (const taskId of [undefined, 'usual', 'rare'])
      for (const types of [undefined, ['rare'], ['rare', 'usual']])
        for (const order of ['asc', 'desc'] as const)
          for (const others of OTHERS)
            rows!.page({
              filter: { taskId, types, ...others },
              range: { after: FIRST_ID, before: LAST_ID },
              order,
              most: 10,
              looks: 10,
            });
    return rows!.queries;
  });
  const db = new (betterSqlite3())(path, { readonly: true });
  onTestFinished(() => void db.close());
  const planOf = (query: string) => {
    const values = [...query.matchAll(/\?/g)].map(() => 0);
    return db.prepare(`EXPLAIN QUERY PLAN ${query}`).all(...values) as { detail: string }[];
  };
  return new Map(queries.map((query) => [query, planOf(query).map(({ detail }) => detail)]));
}

/** What each table is searched by; agentLogSlots has a row for each slot, and all are asked for. */
const EXPECTED: [from: RegExp, plan: string][] = [
  [
    /agentLogEntries INDEXED/,
    'SEARCH agentLogEntries USING INDEX agentLogEntriesByTask (taskId=? AND id>? AND id<?)',
  ],
  // In the order of its key, no more of it than is asked for.
  [/FROM agentLogTasks ORDER BY/, 'SCAN agentLogTasks'],
  [/agentLogEntries NOT INDEXED/, 'SEARCH agentLogEntries USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'],
  [/agentLogEntries WHERE id/, 'SEARCH agentLogEntries USING INTEGER PRIMARY KEY (rowid=?)'],
  [/agentLogSegments/, 'SEARCH agentLogSegments USING PRIMARY KEY (segmentId=?)'],
  [/agentLogSlots/, 'SCAN agentLogSlots'],
  [/agentLogTasks WHERE taskId/, 'SEARCH agentLogTasks USING PRIMARY KEY (taskId=?)'],
  [/agentLogTasks WHERE \(taskId/, 'SEARCH agentLogTasks USING PRIMARY KEY ((taskId,type)>(?,?))'],
];

test('every query goes by an index, in order, also when the planner knows how skewed the tables are', async () => {
  const { path, outside } = databaseOf(3000);
  const check = async () => {
    const plans = await plansOf(path);
    expect(plans.size).toBeGreaterThan(40);
    for (const [query, plan] of plans) {
      const expected = EXPECTED.find(([from]) => from.test(query))?.[1];
      // An index that has all columns of the query says so.
      expect([query, plan.map((step) => step.replace('COVERING INDEX', 'INDEX'))]).toEqual([
        query,
        [expected],
      ]);
    }
  };
  await check();
  outside.exec('ANALYZE');
  expect(outside.prepare('SELECT count(*) FROM sqlite_stat1').pluck().get()).toBeGreaterThan(0);
  await check();
});
