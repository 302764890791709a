/** Goes through a segment from its beginning to its end, and shows what is wanted of it, in the order in which it stands there. */
import type { SegmentRecord } from '../../../src/segment/record.js';
import type { Hole, Tail } from '../../../src/segment/verdict.js';
import type { ExitCode } from '../definition.js';
import { CliError } from '../errors.js';
import { type DumpFilter, isPast, isWithin, wantsHole, wantsRecord } from './dump-filter.js';
import type { SegmentInput } from './segment-input.js';
import { adviceFor, VERDICT_EXIT } from './verdict-report.js';

/** How it is shown. */
export interface DumpView {
  record(record: SegmentRecord): Promise<void> | undefined;
  hole(hole: Hole): Promise<void> | undefined;
  tail(tail: Tail): Promise<void> | undefined;
  /** A living writer's last batch, which may still be taken back. */
  unproven(offset: number): Promise<void> | undefined;
  /** Nothing is shown at all. */
  nothing?(): void;
}

/** Ends early when nothing more is wanted; the code is of what was seen until then. */
export async function dumpItems(
  segment: SegmentInput,
  view: DumpView,
  filter: DumpFilter,
  limit = Number.POSITIVE_INFINITY,
): Promise<ExitCode> {
  let shown = 0;
  let code: ExitCode = 0;
  const scan = segment.scan();
  for (let items = scan.next(); items !== undefined; items = scan.next())
    for (const item of items) {
      if (shown >= limit || isPast(filter, item.offset)) return code;
      if (item.kind === 'hole') code = 3;
      const isWanted = item.kind === 'hole' ? wantsHole(filter, item) : wantsRecord(filter, item);
      if (!isWanted) continue;
      shown++;
      const waiting = item.kind === 'hole' ? view.hole(item) : view.record(item);
      if (waiting !== undefined) await waiting;
    }
  const verdict = scan.scanner.verdict!;
  if (verdict.kind === 'unreadable' || verdict.kind === 'unsupported')
    throw new CliError(
      `${segment.path}: ${verdict.reason}. ${adviceFor(verdict, segment.path)}`,
      VERDICT_EXIT[verdict.kind],
    );
  const { tail, end, kind } = verdict;
  const { from, to } = filter;
  const isWanted = (place: { offset: number; end: number }) =>
    shown < limit && isWithin({ ...place, id: undefined }, from, to);
  const hasTail = tail !== null && isWanted({ offset: tail.offset, end: tail.offset + tail.length });
  if (hasTail) await view.tail(tail);
  const hasUnproven = scan.scanner.unproven.isBatch && isWanted({ offset: end, end: segment.size });
  if (hasUnproven) await view.unproven(end);
  if (shown === 0 && !hasTail && !hasUnproven) view.nothing?.();
  return kind === 'damaged' ? 3 : code;
}
