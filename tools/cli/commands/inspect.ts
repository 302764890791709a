/** `agentlog inspect`: one segment, its verdict, and what is in it. */
import type { ExitCode, Invocation } from '../definition.js';
import { inspect, inspectionJson } from '../segment/inspection.js';
import { printInspection } from '../segment/inspection-text.js';
import { SegmentInput } from '../segment/segment-input.js';
import { VERDICT_EXIT } from '../segment/verdict-report.js';

export async function run({ args, options, output }: Invocation<object>): Promise<ExitCode> {
  const segment = await SegmentInput.open(args[0]!);
  try {
    const inspection = inspect(segment);
    if (options.json) await output.json(inspectionJson(inspection));
    else await printInspection(output, inspection);
    return VERDICT_EXIT[inspection.verdict.kind];
  } finally {
    segment.close();
  }
}
