/** The database as SQLite gives it, when nobody has the store open. */
import { join } from 'node:path';
import { openForReading } from '../../../src/db/connection.js';
import { formatId } from '../../../src/entry-id.js';
import type { StoredEntry } from '../../../src/index.js';

interface Row {
  readonly high: number;
  readonly low: number;
  readonly taskId: string;
  readonly timestamp: number;
  readonly type: string;
  readonly agent: string | null;
  readonly text: string;
  readonly detail: string | null;
}

const ROWS = `
  SELECT id >> 32 AS high, id & 0xffffffff AS low, taskId, timestamp, type, agent, text, detail
  FROM agentLogEntries ORDER BY id`;
const COUNTED = `
  SELECT taskId, type, count(*), sum(octet_length(taskId) + octet_length(type) + octet_length(text)
    + ifnull(octet_length(agent), 0) + ifnull(octet_length(detail), 0)), max(id), timestamp
  FROM agentLogEntries GROUP BY taskId, type`;
const KEPT = 'SELECT taskId, type, entries, bytes, lastId, lastTimestamp FROM agentLogTasks';
const DIFFERENCES = [`${COUNTED} EXCEPT ${KEPT}`, `${KEPT} EXCEPT ${COUNTED}`];

/** All rows in the order of their ids. Throws if SQLite finds anything wrong, or a counter is not what the rows say. */
export function readRows(store: string): StoredEntry[] {
  const db = openForReading(join(store, 'agent-log.db'));
  try {
    const integrity = db.pragma('integrity_check', { simple: true });
    if (integrity !== 'ok') throw new Error(`integrity_check: ${integrity}`);
    const miscounted = DIFFERENCES.flatMap((query) => db.prepare(query).raw().safeIntegers().all());
    if (miscounted.length > 0) throw new Error(`miscounted: ${miscounted.slice(0, 3).join(' | ')}`);
    return (db.prepare(ROWS).all() as Row[]).map(entryOfRow);
  } finally {
    db.close();
  }
}

function entryOfRow({ high, low, taskId, timestamp, type, agent, text, detail }: Row): StoredEntry {
  const entry: StoredEntry = { id: formatId(high, low), taskId, type, text, timestamp };
  if (agent !== null) entry.agent = agent;
  if (detail !== null) entry.detail = JSON.parse(detail);
  return entry;
}
