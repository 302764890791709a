/** What a place in a segment belongs to, by what a reader makes of the whole. */
import { RECORD } from '../../../../src/segment/layout.js';
import { recordTypeName } from '../record-names.js';
import type { SegmentInput } from '../segment-input.js';
import { describeHole } from '../verdict-report.js';

export interface Whereabouts {
  /** A record that counts begins here. */
  readonly isRecord: boolean;
  readonly isDamaged: boolean;
  /** For people. */
  readonly text: string;
}

export function whereaboutsOf(segment: SegmentInput, offset: number): Whereabouts {
  const is = (text: string, isDamaged = false) => ({ isRecord: false, isDamaged, text });
  const scan = segment.scan();
  for (let items = scan.next(); items !== undefined; items = scan.next())
    for (const item of items) {
      const end = item.kind === 'record' ? item.end : item.offset + item.length;
      if (offset < item.offset || offset >= end) continue;
      if (item.kind === 'hole') return is(`in damage at ${item.offset}: ${describeHole(item)}`, true);
      if (offset === item.offset) return { isRecord: true, isDamaged: false, text: 'it counts' };
      const { id, type, length } = item;
      const [within, header] = [offset - item.offset, RECORD.headerSize];
      const part = within < header ? 'header' : within < header + length ? 'payload' : 'padding';
      return is(
        `in the ${part} of the ${recordTypeName(type) ?? `record (${type})`} ${id} at ${item.offset}`,
      );
    }
  const { kind, reason, tail } = scan.scanner.verdict!;
  if (kind === 'unreadable' || kind === 'unsupported') return is(reason, kind === 'unreadable');
  if (tail !== null && offset >= tail.offset && offset < tail.offset + tail.length)
    return is(`in the torn tail from ${tail.offset} on: it was never acknowledged, and does not count`);
  if (kind === 'live') return is('behind what is proven: it is being written, or free');
  return is('behind the last record: free space, or what does not count any more');
}
