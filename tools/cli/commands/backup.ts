/** `agentlog backup`: copies a store that is in use. */
import type { ExitCode, Invocation } from '../definition.js';
import { untilInterrupted } from '../interrupt.js';
import { bytes, counted } from '../output/numbers.js';
import { Progress } from '../output/progress.js';
import { openToLook } from '../store/open-store.js';

export async function run({ args, options, output }: Invocation<object>): Promise<ExitCode> {
  const [path, target] = args as [string, string];
  const progress = new Progress(output);
  const left = `what ${target} holds so far is no store, and can be removed`;
  const result = await untilInterrupted(left, async (signal) => {
    const log = await openToLook(path, options, { damage: () => undefined, recover: () => undefined });
    try {
      return await log.backup(target, {
        signal,
        onProgress: ({ segments, segmentsLeft, pages, pagesLeft }) =>
          pages + pagesLeft === 0
            ? progress.show(undefined, `${counted(segments, 'segment')} copied, ${segmentsLeft} left`)
            : progress.show(pages / (pages + pagesLeft), 'the database'),
      });
    } finally {
      progress.end();
      await log.close();
    }
  });
  if (options.json) await output.json(result);
  else
    await output.line(
      `${counted(result.segments, 'segment')} and the database (${bytes(result.bytes)}) copied to ${target}, which is a store now.`,
    );
  return 0;
}
