/**
 * What must come back from a segment after some of its bytes have changed, worked out from the original records alone:
 * by comparing bytes, without CRCs, sync marks or a walk. It follows the rules of docs/format.md from the other end.
 */
import type { Seen } from '../segments.js';

const RECORD_HEADER = 32;

export interface Expected {
  readonly records: Seen[];
  /** Records that were acknowledged, as far as the file still proves it, and are lost. */
  readonly lost: Seen[];
  /** Whether something that can still be made out was dropped with the last batch. */
  readonly torn: boolean;
}

export function expectAfterRot(
  original: Buffer,
  rotten: Buffer,
  records: Seen[],
  sealedByName: boolean,
): Expected {
  const same = (from: number, to: number) =>
    to <= rotten.length && original.subarray(from, to).equals(rotten.subarray(from, to));
  const states = records.map((record) => {
    const payloadEnd = record.offset + RECORD_HEADER + record.payload.length / 2;
    const header = same(record.offset, record.offset + RECORD_HEADER);
    return { record, header, good: header && same(record.offset + RECORD_HEADER, payloadEnd) };
  });

  // A seal hides what follows it; nothing does here, so a readable one proves all.
  let proven = sealedByName ? Number.POSITIVE_INFINITY : 0;
  for (const { record, header, good } of states) {
    if (header) proven = Math.max(proven, record.type === 3 && good ? record.batch : record.batch - 1);
  }

  const last = states.filter(({ record }) => record.batch === proven + 1);
  const beforeLast = states[states.findIndex(({ record }) => record.batch === proven + 1) - 1];
  const lastEnds = last.length > 0 && (last.at(-1)!.record.flags & 1) !== 0;
  const lastCounts =
    lastEnds &&
    last.every(({ good }) => good) &&
    (beforeLast === undefined || beforeLast.header || last[0]!.record.type === 2);

  const counted = states.filter(
    ({ record }) => record.batch <= proven || (lastCounts && record.batch === proven + 1),
  );
  return {
    records: counted.filter(({ good }) => good).map(({ record }) => record),
    lost: counted.filter(({ good }) => !good).map(({ record }) => record),
    torn: !lastCounts && last.some(({ record, header }) => header && record.type !== 2),
  };
}
