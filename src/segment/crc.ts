/**
 * CRC-32 (as in zlib and crc-32) over ranges of a buffer, and the seeds that tie a record to its place.
 *
 * Records are small, and a view of a buffer costs more than the checksum of a record's header. So short ranges are
 * summed in place, eight bytes a step, with tables that come from crc-32; long ones go to zlib, which is native.
 */
import { crc32 as nativeCrc32 } from 'node:zlib';
import CRC32 from 'crc-32';

/** From here on the native call costs less than the loop (`npm run bench -- codec`). */
const NATIVE_FROM = 224;

/** T0[n] is the step for one byte; each other table is the step of the one before it, followed by a byte that is zero. */
const T0 = Int32Array.from({ length: 256 }, (_, n) => ~CRC32.buf([n], -1));
const followed = (steps: Int32Array) => steps.map((c) => (c >>> 8) ^ T0[c & 255]!);
const T1 = followed(T0);
const T2 = followed(T1);
const T3 = followed(T2);
const T4 = followed(T3);
const T5 = followed(T4);
const T6 = followed(T5);
const T7 = followed(T6);

/** The CRC of `bytes[start, end)`, going on from `seed`, the CRC of what came before (0 at the beginning). */
export function crc32(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (end - start >= NATIVE_FROM) return nativeCrc32(bytes.subarray(start, end), seed >>> 0) | 0;
  let c = ~seed;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    c =
      T7[(bytes[i]! ^ c) & 255]! ^
      T6[(bytes[i + 1]! ^ (c >>> 8)) & 255]! ^
      T5[(bytes[i + 2]! ^ (c >>> 16)) & 255]! ^
      T4[bytes[i + 3]! ^ (c >>> 24)]! ^
      T3[bytes[i + 4]!]! ^
      T2[bytes[i + 5]!]! ^
      T1[bytes[i + 6]!]! ^
      T0[bytes[i + 7]!]!;
  }
  for (; i < end; i++) c = T0[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return ~c;
}

/**
 * Where the CRCs of a segment's records start from: the CRC of the segment's id and the record's own offset (u64).
 * Two offsets of one segment below 4 GiB never share a seed, so a record in the wrong place never passes.
 */
export class CrcSeed {
  readonly #ofSegment: number;

  constructor(segmentId: Uint8Array) {
    this.#ofSegment = crc32(segmentId, 0, segmentId.length);
  }

  at(offset: number): number {
    const high = Math.floor(offset / 0x1_0000_0000);
    const c = ~this.#ofSegment ^ offset;
    return ~(
      T7[c & 255]! ^
      T6[(c >>> 8) & 255]! ^
      T5[(c >>> 16) & 255]! ^
      T4[c >>> 24]! ^
      T3[high & 255]! ^
      T2[(high >>> 8) & 255]! ^
      T1[(high >>> 16) & 255]! ^
      T0[high >>> 24]!
    );
  }
}
