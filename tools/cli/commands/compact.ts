/** `agentlog compact`: brings what waits into the database. */
import { type Confirmable, confirm } from '../confirm.js';
import type { ExitCode, Invocation } from '../definition.js';
import { untilInterrupted } from '../interrupt.js';
import { bytes, count, counted } from '../output/numbers.js';
import { Progress } from '../output/progress.js';
import { bytesOf, filesOf } from '../status/files.js';
import { findStore } from '../store/find-store.js';
import { Holders } from '../store/holders.js';
import { withStore } from '../store/open-to-change.js';

export async function run({ args, options, output }: Invocation<Confirmable>): Promise<ExitCode> {
  const path = args[0]!;
  const { waiting, live } = filesOf(findStore(path, options).paths, new Holders()).segments;
  const living =
    live.length === 0 ? '' : `; ${counted(live.length, 'segment')} of living writers will be left to them`;
  const what = `${counted(waiting.length, 'segment')} (${bytes(bytesOf(waiting))}) will become rows of the database of ${path}${living}`;
  if (!(await confirm(output, options, what))) return 1;
  const progress = new Progress(output);
  const left = 'what has become rows stays, and the rest follows whenever somebody writes to the store';
  const result = await untilInterrupted(left, (signal) =>
    withStore(path, options, output, async (log) => {
      try {
        return await log.compact({
          signal,
          onProgress: ({ segments, left: waits }) =>
            progress.show(segments / Math.max(1, segments + waits), counted(waits, 'segment')),
        });
      } finally {
        progress.end();
      }
    }),
  );
  if (options.json) await output.json(result);
  else {
    const { segments, entries, bytes: size } = result;
    const held = entries === null ? 'another process leads, and has done it' : `${count(entries)} new rows`;
    await output.line(`${counted(segments, 'segment')} (${bytes(size)}) became rows: ${held}`);
  }
  return 0;
}
