/**
 * Names of segment files: `SLOT-BASEID-SEGMENTID.open` or `.sealed`.
 *
 * The name repeats what the header says, so that a rotten header does not cost the segment: without its id no CRC of
 * its records can be checked. Sorted as text, the names of a slot stand in the order in which they were written.
 */
import { formatId, type IdHalves, MAX_SLOT, parseId } from '../entry-id.js';

type SegmentState = 'open' | 'sealed';

export interface SegmentName {
  readonly slot: number;
  /** Above those of the slot's older segments. */
  readonly baseId: IdHalves;
  /** 16 bytes. */
  readonly segmentId: Uint8Array;
  readonly state: SegmentState;
}

const PATTERN = /^(\d{4})-([0-9A-Z]{13})-([0-9a-f]{32})\.(open|sealed)$/;

export function formatSegmentName({ slot, baseId, segmentId, state }: SegmentName): string {
  const id = segmentIdOf({ segmentId });
  return `${String(slot).padStart(4, '0')}-${formatId(baseId.high, baseId.low)}-${id}.${state}`;
}

/** What a file's name (without its directory) says, or undefined when it is no segment's. */
export function parseSegmentName(fileName: string): SegmentName | undefined {
  const match = PATTERN.exec(fileName);
  if (match === null) return undefined;
  const slot = Number(match[1]);
  const baseId = parseId(match[2]!);
  if (slot > MAX_SLOT || baseId === undefined) return undefined;
  return { slot, baseId, segmentId: Buffer.from(match[3]!, 'hex'), state: match[4] as SegmentState };
}

/** 32 hexadecimal digits. */
export function segmentIdOf({ segmentId }: { readonly segmentId: Uint8Array }): string {
  return Buffer.from(segmentId).toString('hex');
}
