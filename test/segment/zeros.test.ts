import { describe, expect, it } from 'vitest';
import { lastNonZero } from '../../src/segment/zeros.js';

describe('the last byte that is not zero', () => {
  it('is found wherever it is, in blocks and beside them', () => {
    for (const length of [0, 1, 7, 4095, 4096, 4097, 8192, 12_000]) {
      for (const start of [0, 1, 64, 4096, 5000]) {
        expect(lastNonZero(Buffer.alloc(length), start)).toBe(-1);
        for (const place of [0, 1, 63, 64, 4095, 4096, 5000, 8191, 8192, 11_999]) {
          if (place >= length) continue;
          const bytes = Buffer.alloc(length);
          bytes[place] = 1;
          expect(lastNonZero(bytes, start)).toBe(place >= start ? place : -1);
        }
      }
    }
  });
});
