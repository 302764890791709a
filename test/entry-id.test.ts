import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareIds,
  formatId,
  ID_EPOCH,
  idFromBigInt,
  idToBigInt,
  MAX_COUNTER,
  MAX_SLOT,
  packId,
  parseId,
  unpackId,
} from '../src/entry-id.js';

const LAST_TIME = ID_EPOCH + 2 ** 41 - 1;
const parts = fc.record({
  time: fc.integer({ min: ID_EPOCH, max: LAST_TIME }),
  counter: fc.integer({ min: 0, max: MAX_COUNTER }),
  slot: fc.integer({ min: 0, max: MAX_SLOT }),
});
const halves = fc.record({ high: fc.nat(0x7fff_ffff), low: fc.nat(0xffff_ffff) });

describe('an id', () => {
  it('keeps time, counter and slot', () => {
    fc.assert(
      fc.property(parts, (given) => {
        expect(unpackId(packId(given))).toEqual(given);
      }),
    );
    const last = { time: LAST_TIME, counter: MAX_COUNTER, slot: MAX_SLOT };
    expect(packId(last)).toEqual({ high: 0x7fff_ffff, low: 0xffff_ffff });
    expect(new Date(LAST_TIME).getUTCFullYear()).toBe(2089);
  });

  it('comes back from its text and from a bigint without loss', () => {
    fc.assert(
      fc.property(halves, (id) => {
        expect(parseId(formatId(id.high, id.low))).toEqual(id);
        expect(idFromBigInt(idToBigInt(id))).toEqual(id);
        expect(idToBigInt(id)).toBe(BigInt(id.high) * 2n ** 32n + BigInt(id.low));
      }),
      { numRuns: 2000 },
    );
  });

  it('has 13 characters, and its bits are those of base32 with Crockford’s digits', () => {
    fc.assert(
      fc.property(halves, ({ high, low }) => {
        const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
        let rest = idToBigInt({ high, low });
        let text = '';
        for (let i = 0; i < 13; i++) {
          text = digits[Number(rest % 32n)] + text;
          rest /= 32n;
        }
        expect(formatId(high, low)).toBe(text);
      }),
    );
    expect(formatId(0, 0)).toBe('0000000000000');
    expect(formatId(0x7fff_ffff, 0xffff_ffff)).toBe('7ZZZZZZZZZZZZ');
  });

  it('sorts the same as text, as a number, and by time, counter and slot', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const [x, y] = [packId(a), packId(b)];
        const order = Math.sign(a.time - b.time || a.counter - b.counter || a.slot - b.slot);
        expect(Math.sign(compareIds(x, y))).toBe(order);
        const [s, t] = [formatId(x.high, x.low), formatId(y.high, y.low)];
        expect(s < t ? -1 : s > t ? 1 : 0).toBe(order);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '',
    '0',
    '000000000000',
    '00000000000000',
    '8000000000000',
    'Z000000000000',
    '000000000000I',
    '000000000000L',
    '000000000000O',
    '000000000000U',
    '000000000000a',
    '000000000000-',
    ' 000000000000',
    '00000000000é0',
  ])('is not what %j says', (text) => {
    expect(parseId(text)).toBeUndefined();
  });
});
