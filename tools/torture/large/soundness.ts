/** What SQLite says of a database that nobody else has open: its pages, its indexes, the index for searches, the counters. */
import { openForWriting } from '../../../src/db/connection.js';

const COUNTED = `
  SELECT taskId, type, count(*), sum(octet_length(taskId) + octet_length(type) + octet_length(text)
    + ifnull(octet_length(agent), 0) + ifnull(octet_length(detail), 0)), max(id)
  FROM agentLogEntries GROUP BY taskId, type`;
const KEPT = 'SELECT taskId, type, entries, bytes, lastId FROM agentLogTasks';

export interface Soundness {
  readonly pages: number;
  readonly rows: number;
  /** What is wrong. */
  readonly problems: readonly string[];
}

export function soundness(path: string): Soundness {
  const db = openForWriting(path, { allowUnsafeSqlite: false });
  try {
    const problems: string[] = [];
    const integrity = db.pragma('integrity_check', { simple: true }) as string;
    if (integrity !== 'ok') problems.push(`integrity_check: ${integrity}`);
    try {
      // With 1 the index is compared with the texts of the rows.
      db.exec(`INSERT INTO agentLogSearch (agentLogSearch, rank) VALUES ('integrity-check', 1)`);
    } catch (error) {
      problems.push(`integrity-check of the index for searches: ${(error as Error).message}`);
    }
    const miscounted = db.prepare(`${COUNTED} EXCEPT ${KEPT}`).all().length;
    const leftOver = db.prepare(`${KEPT} EXCEPT ${COUNTED}`).all().length;
    if (miscounted + leftOver > 0)
      problems.push(`${miscounted + leftOver} counters are not what the rows say`);
    return {
      pages: db.pragma('page_count', { simple: true }) as number,
      rows: db.prepare('SELECT count(*) FROM agentLogEntries').pluck().get() as number,
      problems,
    };
  } finally {
    db.close();
  }
}
