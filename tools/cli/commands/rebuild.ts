/** `agentlog rebuild`: makes the database anew from all that can be read. */
import { type Confirmable, confirm } from '../confirm.js';
import type { ExitCode, Invocation } from '../definition.js';
import { untilInterrupted } from '../interrupt.js';
import { bytes, count, counted, duration } from '../output/numbers.js';
import { Progress } from '../output/progress.js';
import { bytesOf, filesOf } from '../status/files.js';
import { findStore } from '../store/find-store.js';
import { Holders } from '../store/holders.js';
import { withStore } from '../store/open-to-change.js';

export async function run({ args, options, output }: Invocation<Confirmable>): Promise<ExitCode> {
  const path = args[0]!;
  const { segments, database } = filesOf(findStore(path, options).paths, new Holders());
  const kept = [...segments.archived, ...segments.quarantined, ...segments.waiting];
  const from = database === undefined ? '' : `the one that is there (${bytes(database.bytes)}) and `;
  const what = `The database of ${path} will be made anew from ${from}${counted(kept.length, 'segment')} (${bytes(bytesOf(kept))}); it takes as much space again as the rows do, and the old one goes to quarantine/`;
  if (!(await confirm(output, options, what))) return 1;
  const progress = new Progress(output);
  const left =
    'whoever leads goes on with it; the old database stays in its place until the new one is complete';
  const event = await untilInterrupted(left, (signal) =>
    withStore(path, options, output, async (log) => {
      try {
        return await log.rebuild({
          signal,
          onProgress: ({ rows, segments: read, segmentsLeft }) =>
            read === 0
              ? progress.show(undefined, `${count(rows)} rows taken over`)
              : progress.show(read / (read + segmentsLeft), 'segments read'),
        });
      } finally {
        progress.end();
      }
    }),
  );
  if (options.json) await output.json(event);
  else {
    const { rows, replayed, missing, kept: old, milliseconds } = event;
    await output.line(
      `Made anew in ${duration(milliseconds)}: ${count(rows)} rows taken over, ${counted(replayed, 'entry', 'entries')} from segments.`,
    );
    await output.line(
      missing === null
        ? 'Nobody knows how many are missing.'
        : `${counted(missing, 'entry', 'entries')} missing.`,
    );
    if (event.deletedMayBeBack) await output.line('Entries may be back that were deleted long ago.');
    if (old !== null) await output.line(`The old database is ${old}`);
  }
  return 0;
}
