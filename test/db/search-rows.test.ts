import { expect, test } from 'vitest';
import { betterSqlite3 } from '../../src/db/better-sqlite3.js';
import { makeNotes } from '../../src/db/erasure.js';
import { FullText } from '../../src/db/full-text.js';
import type { RowFilter } from '../../src/db/row-pages.js';
import { migrate } from '../../src/db/schema.js';
import { queryOf } from '../../src/db/search-rows.js';

const FILTERS: RowFilter[] = [
  {},
  { taskId: 'task' },
  { types: ['text', 'tool'], agent: 'executor', since: 1, until: 2 },
  { taskId: 'task', types: ['text'] },
];

test.each(FILTERS)('finding rows in their order with %j sorts nothing, whatever statistics say', (filter) => {
  const db = new (betterSqlite3())(':memory:');
  migrate(db, ':memory:');
  makeNotes(db);
  new FullText(db, true);
  for (const statistics of [false, true]) {
    if (statistics) db.exec('ANALYZE');
    const range = { after: { high: 0, low: 0 }, before: { high: 0x7fff_ffff, low: 0xffff_ffff } };
    const [sql, values] = queryOf({ path: '', phrases: ['"a"'], filter, range, most: 50 });
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    const steps = plan.map(({ detail }) => detail);
    expect(steps[0]).toMatch(/^SCAN agentLogSearch VIRTUAL TABLE/);
    expect(steps.join()).not.toMatch(/TEMP B-TREE|SCAN agentLogEntries/);
  }
  db.close();
});
