/** When each task's first entry was logged. */
import type { AgentLog } from '../../../src/api.js';
import type { TaskSummary } from '../../../src/reading/api.js';
import type { StorePaths } from '../../../src/segment/store-directory.js';
import { askDatabase } from './database-look.js';

/** So many are asked for one by one. */
const FEW = 500;

/** Without those that were deleted meanwhile. Of many tasks those are missing, too, of which nothing has become rows. */
export async function firstTimestamps(
  log: AgentLog,
  paths: StorePaths,
  tasks: readonly TaskSummary[],
): Promise<Map<string, number>> {
  const firsts = new Map<string, number>();
  // An only entry is the first and the last.
  const more = tasks.filter(({ taskId, entries, lastTimestamp }) => {
    if (entries === 1) firsts.set(taskId, lastTimestamp);
    return entries > 1;
  });
  if (more.length <= FEW) {
    for (const { taskId } of more) {
      const [first] = await log.entries({ taskId, limit: 1 });
      if (first !== undefined) firsts.set(taskId, first.timestamp);
    }
    return firsts;
  }
  // One look into an index each. What is deleted and not yet removed counts here.
  const { answer } = askDatabase(paths, (db) => {
    const first = db
      .prepare('SELECT timestamp FROM agentLogEntries WHERE taskId = ? ORDER BY id LIMIT 1')
      .pluck();
    return more.map(({ taskId }) => [taskId, first.get(taskId)] as const);
  });
  for (const [taskId, timestamp] of answer ?? [])
    if (typeof timestamp === 'number') firsts.set(taskId, timestamp);
  return firsts;
}
