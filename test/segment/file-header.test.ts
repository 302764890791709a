import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFileHeader, readFileHeader } from '../../src/segment/file-header.js';
import { headerOf } from '../support/segments.js';

const headers = fc.record({
  segmentId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  slot: fc.nat(1023),
  baseId: fc.record({ high: fc.nat(0x7fff_ffff), low: fc.nat(0xffff_ffff) }),
  created: fc.maxSafeNat(),
  pid: fc.nat(0xffff_ffff),
  recycled: fc.boolean(),
});

describe('the header of a segment file', () => {
  it('comes back as written, also with bytes behind it', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array(), (header, rest) => {
        const bytes = Buffer.concat([encodeFileHeader(header), rest]);
        expect(readFileHeader(bytes)).toEqual({ kind: 'good', header });
      }),
    );
  });

  it('is unreadable when any bit of it is another', () => {
    const bytes = encodeFileHeader(headerOf(1));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const rotten = Buffer.from(bytes);
      rotten[bit >> 3]! ^= 1 << (bit & 7);
      expect(readFileHeader(rotten).kind).toBe('unreadable');
    }
  });

  it('is unreadable when it is shorter, or when it is something else', () => {
    const bytes = encodeFileHeader(headerOf(1));
    for (let length = 0; length < 64; length++) {
      expect(readFileHeader(bytes.subarray(0, length)).kind).toBe('unreadable');
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(readFileHeader(Buffer.from(any)).kind).toBe('unreadable');
      }),
    );
  });

  it('of version 1 with another length than 64 is unsupported, and one of more than 4096 bytes not believed', () => {
    const ofLength = (length: number) => {
      const bytes = Buffer.alloc(length);
      encodeFileHeader(headerOf(1)).copy(bytes);
      bytes.writeUInt16LE(length, 10);
      bytes.writeUInt32LE(crc32(bytes.subarray(0, length - 4)), length - 4);
      return bytes;
    };
    expect(readFileHeader(ofLength(72)).kind).toBe('unsupported');
    expect(readFileHeader(ofLength(4096)).kind).toBe('unsupported');
    expect(readFileHeader(ofLength(4104)).kind).toBe('unreadable');
  });

  it('of a longer kind is believed by its CRC, wherever that is, and then unsupported', () => {
    const longer = Buffer.alloc(128);
    encodeFileHeader(headerOf(1)).copy(longer);
    longer.writeUInt16LE(3, 8);
    longer.writeUInt16LE(128, 10);
    expect(readFileHeader(longer).kind).toBe('unreadable');
    longer.writeUInt32LE(crc32(longer.subarray(0, 124)), 124);
    expect(readFileHeader(longer)).toEqual({ kind: 'unsupported', version: 3, incompatible: 0 });
  });
});
