/** One segment whose bytes have changed where they stand, held against the model of what must come back from it. */
import { SegmentImage } from '../../../src/segment/segment-image.js';
import { must } from '../must.js';
import { Random } from '../random.js';
import {
  addRandomBatches,
  areSame,
  headerOf,
  nameOf,
  recordsOf,
  type Scanned,
  type Seen,
  scanBytes,
} from '../segments.js';
import { expectAfterRot } from './rot-model.js';

export type SubjectEnd = 'sealed' | 'mark' | 'batch';
export const SUBJECT_ENDS: readonly SubjectEnd[] = ['sealed', 'mark', 'batch'];

/** A good segment of which everything is known. */
export interface Subject {
  readonly bytes: Buffer;
  readonly records: Seen[];
  readonly header: ReturnType<typeof headerOf>;
  readonly sealed: boolean;
}

export function makeSubject(seed: number, batches: number, end: SubjectEnd): Subject {
  const random = new Random(seed);
  const header = headerOf(seed);
  const image = new SegmentImage(header);
  addRandomBatches(image, random, batches);
  if (end === 'sealed') image.seal();
  if (end === 'mark') image.mark();
  const bytes = image.bytes();
  return { bytes, records: recordsOf(bytes), header, sealed: end === 'sealed' };
}

/** Scans the rotten bytes and compares everything with the model. */
export function checkRot({ bytes, records, header, sealed }: Subject, rotten: Buffer, about: string): void {
  const name = nameOf(header, sealed ? 'sealed' : 'open');
  const scanned = scanBytes(rotten, { writer: sealed ? 'sealed' : 'gone', name });
  const expected = expectAfterRot(bytes, rotten, records, sealed);
  must(
    areSame(scanned.records, expected.records),
    () => `${about}: ${difference(scanned, expected.records)}`,
  );

  for (const lost of expected.lost) {
    const reported = scanned.holes.some(
      (hole) => hole.offset < lost.end && hole.offset + hole.length > lost.offset,
    );
    const cutOff = lost.offset >= rotten.length && scanned.holes.some((hole) => hole.cause === 'end');
    must(reported || cutOff, () => `${about}: the loss at ${lost.offset} is not reported`);
  }
  const headerRot = !bytes.subarray(0, HEADER_BYTES).equals(rotten.subarray(0, HEADER_BYTES));
  const endRot = sealed && !scanned.records.some((record) => record.type === 3);
  const damaged = expected.lost.length > 0 || headerRot || endRot;
  const { kind, reason, tail } = scanned.verdict;
  must((kind === 'damaged') === damaged, () => `${about}: ${reason}`);
  must(!expected.torn || tail !== null, () => `${about}: no tail is reported`);
}

const HEADER_BYTES = 64;

function difference({ records, verdict }: Scanned, expected: readonly Seen[]): string {
  const places = (some: readonly Seen[]) => some.map(({ offset }) => offset).join(' ');
  return `records at ${places(records)} instead of ${places(expected)}, or with other bytes (${verdict.reason})`;
}
