/** The first place from `from` on, and before `to`, where a record stands by its header's checksum. */
import type { CrcSeed } from '../../../../src/segment/crc.js';
import { align, RECORD } from '../../../../src/segment/layout.js';
import { findSync, readRecord } from '../../../../src/segment/record.js';
import type { SegmentInput } from '../segment-input.js';

const PIECE = 1024 * 1024;

export function nextRecord(
  segment: SegmentInput,
  from: number,
  to: number,
  seed: CrcSeed,
): number | undefined {
  for (let origin = align(from); origin < to; origin += PIECE) {
    // A header may begin at the end of a piece.
    const bytes = segment.bytesAt(origin, PIECE + RECORD.headerSize);
    for (let at = findSync(bytes, 0); at >= 0 && at < PIECE; at = findSync(bytes, at + 8)) {
      const offset = origin + at;
      if (offset >= to || at + RECORD.headerSize > bytes.length) return undefined;
      if (readRecord(bytes, at, seed.at(offset), offset) !== undefined) return offset;
    }
  }
  return undefined;
}
