/** `agentlog tasks`: what there is of each task. */
import type { TaskSummary } from '../../../src/reading/api.js';
import type { ExitCode, Invocation } from '../definition.js';
import { ago, bytes, count, counted, time } from '../output/numbers.js';
import { type Column, table } from '../output/table.js';
import { oneLine } from '../output/text.js';
import { LogReader } from '../reading/log-reader.js';
import { firstTimestamps } from '../store/first-entries.js';

interface Options {
  readonly lines?: number;
}

interface Task extends TaskSummary {
  /** Null when nobody knows it at once. */
  readonly firstTimestamp: number | null;
}

export async function run({ args, options, output }: Invocation<Options>): Promise<ExitCode> {
  const reader = await LogReader.open(args[0]!, options, (text) => output.note(text));
  try {
    const all = await reader.tasks();
    const wanted = all.slice(0, options.lines);
    const firsts = await firstTimestamps(reader.log, reader.store.paths, wanted);
    const tasks = wanted.map((task): Task => ({ ...task, firstTimestamp: firsts.get(task.taskId) ?? null }));
    if (options.json) for (const task of tasks) await output.json(task);
    else if (tasks.length === 0) await output.line('Nothing has been logged.');
    else {
      const now = Date.now();
      const columns: Column<Task>[] = [
        { title: 'TASK', of: ({ taskId }) => oneLine(taskId), style: () => 'bold', isFlexible: true },
        { title: 'ENTRIES', of: ({ entries }) => count(entries), align: 'right' },
        { title: 'TEXT', of: (task) => bytes(task.bytes), align: 'right' },
        {
          title: 'FIRST',
          of: (task) => (task.firstTimestamp === null ? '–' : time(task.firstTimestamp).slice(0, -4)),
        },
        { title: 'LAST', of: ({ lastTimestamp }) => ago(lastTimestamp, now) },
        { title: 'TYPES', of: ({ types }) => typesOf(types), style: () => 'dim', isFlexible: true },
      ];
      await output.print(table(output, columns, tasks));
      if (tasks.length < all.length)
        await output.line(output.style('dim', `${counted(all.length - tasks.length, 'more task')}`));
    }
  } finally {
    await reader.close();
  }
  return reader.exitCode;
}

function typesOf(types: TaskSummary['types']): string {
  return Object.entries(types)
    .sort(([, a], [, b]) => b - a)
    .map(([type, entries]) => `${oneLine(type)} ${count(entries)}`)
    .join(', ');
}
