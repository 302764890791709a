/** `agentlog prune`: deletes old entries for good. */
import type { AgentLog, PruneOptions } from '../../../src/api.js';
import { type Confirmable, confirm } from '../confirm.js';
import type { ExitCode, Invocation } from '../definition.js';
import { CliError, explain, UsageError } from '../errors.js';
import { untilInterrupted } from '../interrupt.js';
import { count, counted, time } from '../output/numbers.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { findStore } from '../store/find-store.js';
import { openToLook } from '../store/open-store.js';
import { withStore } from '../store/open-to-change.js';
import { requireRows } from '../store/require-rows.js';

interface Options extends Confirmable {
  readonly before?: number;
  readonly keepPerTask?: number;
}

export async function run({ args, options, output }: Invocation<Options>): Promise<ExitCode> {
  const path = args[0]!;
  const { before, keepPerTask } = options;
  if (before === undefined && keepPerTask === undefined)
    throw new UsageError('say what is to be deleted: --before 30d, or --keep-per-task 1000, or both');
  const which: PruneOptions = { before, keepPerTask };
  const doomed = await untilInterrupted('nothing was deleted', (signal) =>
    counting(path, options, output, which, signal),
  );
  const what = `${counted(doomed.entries, 'entry', 'entries')} of ${count(doomed.of)} in ${path} will be deleted for good: what is ${reasonOf(which)}`;
  if (doomed.entries > 0 && !(await confirm(output, options, what))) {
    output.note('Nothing was deleted.');
    return 1;
  }
  const result = await withStore(path, options, output, async (log) => {
    const entriesBefore = await log.count();
    if (doomed.entries > 0) await log.prune(which);
    return { entriesBefore, entries: await log.count() };
  });
  if (options.json) await output.json(result);
  else
    await output.line(
      doomed.entries === 0
        ? `There is nothing to delete: no entry is ${reasonOf(which)}.`
        : `${counted(doomed.entries, 'entry', 'entries')} deleted, ${count(result.entries)} left. Space comes back little by little.`,
    );
  return 0;
}

function reasonOf({ before, keepPerTask }: PruneOptions): string {
  const reasons: string[] = [];
  if (before !== undefined) reasons.push(`from before ${time(before)}`);
  if (keepPerTask !== undefined)
    reasons.push(keepPerTask === 0 ? 'of any task' : `older than the last ${count(keepPerTask)} of its task`);
  return reasons.join(', or ');
}

async function counting(
  path: string,
  options: Invocation<Options>['options'],
  output: Output,
  which: PruneOptions,
  signal: AbortSignal,
): Promise<{ entries: number; of: number }> {
  requireRows(findStore(path, options).paths, path);
  // What is damaged in it, status and verify say.
  const log = await openToLook(path, options, { damage: () => undefined, recover: () => undefined });
  try {
    return await countDoomed(log, which, new Progress(output), signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new CliError(
      `what would be deleted cannot be counted: ${(error as Error).message}. agentlog status ${path} says how the store is`,
      explain(error).exitCode,
      error,
    );
  } finally {
    await log.close();
  }
}

async function countDoomed(
  log: AgentLog,
  { before, keepPerTask }: PruneOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ entries: number; of: number }> {
  const tasks = await log.tasks();
  const of = tasks.reduce((sum, { entries }) => sum + entries, 0);
  // Of each task the so many oldest.
  const old = new Map(
    tasks.map(({ taskId, entries }) => [taskId, Math.max(0, entries - (keepPerTask ?? entries))]),
  );
  const oldest = [...old.values()].reduce((sum, entries) => sum + entries, 0);
  if (before === undefined) return { entries: oldest, of };
  let [read, entries] = [0, 0];
  // Without the other condition only what lies before the time is of interest.
  const filter = keepPerTask === undefined ? { until: before - 1 } : {};
  for await (const { taskId, timestamp } of log.scan({ ...filter, signal })) {
    const left = old.get(taskId) ?? 0;
    if (left > 0) old.set(taskId, left - 1);
    if (left > 0 || timestamp < before) entries++;
    progress.show(Math.min(1, ++read / Math.max(1, of)), `counting, ${count(entries)} so far`);
  }
  progress.end();
  return { entries, of };
}
