/** Which records of a segment are wanted. What is damaged or torn is always, where it lies within the bounds: nobody knows what it was. */
import { parseId, unpackId } from '../../../src/entry-id.js';
import { decodeNames } from '../../../src/segment/entry-payload.js';
import { RECORD_TYPE } from '../../../src/segment/layout.js';
import type { SegmentRecord } from '../../../src/segment/record.js';
import type { Hole } from '../../../src/segment/verdict.js';
import type { Bound } from '../arguments.js';
import { recordTypeName } from './record-names.js';

export interface DumpFilter {
  readonly from?: Bound;
  readonly to?: Bound;
  readonly task?: string;
  readonly type?: string;
}

export function wantsRecord({ from, to, task, type }: DumpFilter, record: SegmentRecord): boolean {
  const { bytes, payloadStart, payloadEnd, offset, end } = record;
  const needsNames = task !== undefined || type !== undefined || from?.kind === 'time' || to?.kind === 'time';
  const names =
    needsNames && record.type === RECORD_TYPE.entry
      ? decodeNames(bytes, payloadStart, payloadEnd)
      : undefined;
  if (task !== undefined && names?.taskId !== task) return false;
  if (type !== undefined && names?.type !== type && recordTypeName(record.type) !== type) return false;
  if (from === undefined && to === undefined) return true;
  return isWithin({ offset, end, id: record.id, time: names?.timestamp }, from, to);
}

export function wantsHole({ from, to }: DumpFilter, hole: Hole): boolean {
  const { offset, length, lost, before, after } = hole;
  return isWithin({ offset, end: offset + length, id: (lost ?? before ?? after)?.id }, from, to);
}

/** No record behind this one is wanted. */
export function isPast({ to }: DumpFilter, offset: number): boolean {
  return to?.kind === 'offset' && offset > to.offset;
}

interface Place {
  readonly offset: number;
  readonly end: number;
  /** Of what has none, that of what lies beside it. */
  readonly id: string | undefined;
  /** Of what has none, that of its id. */
  readonly time?: number | undefined;
}

/** What has no id and no time lies within all bounds of them. */
export function isWithin(place: Place, from: Bound | undefined, to: Bound | undefined): boolean {
  const { offset, end, id } = place;
  if (from?.kind === 'offset' && Math.max(end, offset + 1) <= from.offset) return false;
  if (to?.kind === 'offset' && offset > to.offset) return false;
  if (id === undefined) return true;
  if (from?.kind === 'id' && id < from.id) return false;
  if (to?.kind === 'id' && id > to.id) return false;
  if (from?.kind !== 'time' && to?.kind !== 'time') return true;
  const time = place.time ?? timeOf(id);
  if (time === undefined) return true;
  return (from?.kind !== 'time' || time >= from.time) && (to?.kind !== 'time' || time <= to.time);
}

/** Of an id that no writer gives there is none, although the checksums are right. */
function timeOf(id: string): number | undefined {
  const halves = parseId(id);
  return halves && unpackId(halves).time;
}
