/** Deletes what is old, and says how much it was. */
import type { AgentLog } from '../../api.js';
import type { StoredEntry } from '../../entry.js';
import type { PrunedAgentLogs } from './api.js';
import { checkTaskId } from './reads.js';

const DAY_MS = 86_400_000;

export async function pruneOlder(
  log: AgentLog,
  now: number,
  days: number,
  taskIds: readonly string[] | ReadonlySet<string> | undefined,
): Promise<PrunedAgentLogs> {
  if (typeof taskIds === 'string')
    throw new TypeError('The taskIds of pruneAgentLogs must be an array or a Set of them');
  for (const taskId of taskIds ?? []) checkTaskId(taskId);
  const pruned = { prunedFiles: 0, prunedEntries: 0, freedBytes: 0 };
  const before = Math.floor(now - days * DAY_MS);
  // No entry is older than so many days that no time can name them.
  if (!(days > 0) || !Number.isSafeInteger(before - 1)) return pruned;
  const tasks = new Set<string>();
  for (const taskId of taskIds === undefined ? [undefined] : new Set(taskIds)) {
    for await (const entry of log.scan({ taskId, until: before - 1 })) {
      tasks.add(entry.taskId);
      pruned.prunedEntries++;
      pruned.freedBytes += bytesOf(entry);
    }
  }
  if (tasks.size > 0) await log.prune({ before, taskIds: taskIds && [...tasks] });
  return { ...pruned, prunedFiles: tasks.size };
}

function bytesOf({ taskId, type, agent = '', text, detail }: StoredEntry): number {
  const json = detail === undefined ? '' : JSON.stringify(detail);
  return [taskId, type, agent, text, json].reduce((sum, part) => sum + Buffer.byteLength(part), 0);
}
