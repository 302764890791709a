/** `agentlog verify FILE`: every checksum of a segment. */
import type { Verdict } from '../../../src/segment/verdict.js';
import type { CommonOptions, ExitCode } from '../definition.js';
import { bytes, count } from '../output/numbers.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { linesOf, wrap } from '../output/text.js';
import { SegmentInput } from '../segment/segment-input.js';
import {
  adviceFor,
  describeHole,
  VERDICT_EXIT,
  VERDICT_STYLE,
  verdictJson,
} from '../segment/verdict-report.js';

const MOST_HOLES = 20;

export async function verifySegment(path: string, options: CommonOptions, output: Output): Promise<ExitCode> {
  const segment = await SegmentInput.open(path);
  const progress = new Progress(output);
  try {
    const scan = segment.scan();
    while (scan.next() !== undefined) {
      const read = scan.scanner.wanted?.offset ?? segment.size;
      progress.show(read / segment.size, `${bytes(read)} of ${bytes(segment.size)}`);
    }
    progress.end();
    const verdict = scan.scanner.verdict!;
    const code = VERDICT_EXIT[verdict.kind];
    if (options.json)
      await output.json({ path, bytes: segment.size, ok: code === 0, verdict: verdictJson(verdict) });
    else await printVerdict(output, path, verdict);
    return code;
  } finally {
    progress.end();
    segment.close();
  }
}

async function printVerdict(output: Output, path: string, verdict: Verdict): Promise<void> {
  const paragraph = async (text: string, indent = '') => {
    for (const line of linesOf(text))
      for (const part of wrap(line, output.width - indent.length)) await output.line(indent + part);
  };
  const { kind, reason, holes, holeCount } = verdict;
  await output.line(output.style('bold', linesOf(path).join(' ')));
  await output.line(output.style(VERDICT_STYLE[kind], kind));
  await paragraph(reason);
  for (const hole of holes.slice(0, MOST_HOLES))
    await paragraph(`at ${hole.offset}: ${describeHole(hole)}`, '  ');
  if (holeCount > MOST_HOLES) await output.line(`  and ${count(holeCount - MOST_HOLES)} more`);
  const advice = adviceFor(verdict, path);
  if (advice !== undefined) await paragraph(advice);
}
