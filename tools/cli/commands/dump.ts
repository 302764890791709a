/** `agentlog dump`: the records of a segment, past damage. */
import type { ExitCode, Invocation } from '../definition.js';
import { UsageError } from '../errors.js';
import type { DumpFilter } from '../segment/dump-filter.js';
import { dumpItems } from '../segment/dump-items.js';
import { JsonView } from '../segment/dump-json.js';
import { LinesView } from '../segment/dump-lines.js';
import { HexView } from '../segment/hex/hex-view.js';
import { SegmentInput } from '../segment/segment-input.js';

interface Options extends DumpFilter {
  readonly payload?: boolean;
  readonly limit?: number;
  readonly hex?: boolean;
  readonly at?: number;
}

export async function run({ args, options, output }: Invocation<Options>): Promise<ExitCode> {
  const { at, hex, json, limit, payload = false } = options;
  if (at !== undefined && hex !== true)
    throw new UsageError('--at goes with --hex; without, --from @OFFSET shows what follows');
  const segment = await SegmentInput.open(args[0]!);
  try {
    if (hex === true) {
      const view = new HexView(segment, output, { isJson: json === true, isFull: payload });
      if (at !== undefined) return await view.at(at);
      // What a reader goes by before it comes to any record.
      if (options.from === undefined) await view.fileHeader();
      return await dumpItems(segment, view, options, limit);
    }
    if (json === true) return await dumpItems(segment, new JsonView(output), options, limit);
    const lines = new LinesView(output, segment.size, payload);
    await lines.head();
    return await dumpItems(segment, lines, options, limit);
  } finally {
    segment.close();
  }
}
