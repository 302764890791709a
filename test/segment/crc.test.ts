import { crc32 as zlibCrc32 } from 'node:zlib';
import CRC32 from 'crc-32';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CrcSeed, crc32 } from '../../src/segment/crc.js';
import { Random } from '../support/random.js';

const BYTES = new Random(1).bytes(4096);

describe('crc32', () => {
  it('is that of crc-32 and of zlib, for every length and start, with every seed', () => {
    for (let length = 0; length < 1100; length++) {
      const start = (length * 7) % 100;
      const range = BYTES.subarray(start, start + length);
      for (const seed of [0, -1, 0x1234_5678, 0xdead_beef | 0]) {
        const crc = crc32(BYTES, start, start + length, seed);
        expect(crc).toBe(CRC32.buf(range, seed));
        expect(crc >>> 0).toBe(zlibCrc32(range, seed >>> 0));
      }
    }
  });

  it('goes on from the CRC of what came before', () => {
    fc.assert(
      fc.property(fc.nat(4096), fc.nat(4096), (a, b) => {
        const [split, end] = a < b ? [a, b] : [b, a];
        expect(crc32(BYTES, split, end, crc32(BYTES, 0, split))).toBe(crc32(BYTES, 0, end));
      }),
    );
  });

  it('is the published check value for "123456789"', () => {
    expect(crc32(Buffer.from('123456789'), 0, 9) >>> 0).toBe(0xcbf4_3926);
  });
});

describe('the seed of a record', () => {
  it('is the CRC of the segment’s id and of the offset as eight little-endian bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 16, maxLength: 16 }), (offset, id) => {
        const place = Buffer.alloc(8);
        place.writeBigUInt64LE(BigInt(offset));
        expect(new CrcSeed(id).at(offset)).toBe(CRC32.buf(Buffer.concat([id, place])));
      }),
      { numRuns: 1000 },
    );
  });
});
