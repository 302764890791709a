import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSegmentName, parseSegmentName } from '../../src/segment/segment-name.js';

const names = fc.record({
  slot: fc.nat(1023),
  baseId: fc.record({ high: fc.nat(0x7fff_ffff), low: fc.nat(0xffff_ffff) }),
  segmentId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  state: fc.constantFrom('open' as const, 'sealed' as const),
});

describe('the name of a segment', () => {
  it('tells slot, base id, segment id and state', () => {
    fc.assert(
      fc.property(names, (name) => {
        const parsed = parseSegmentName(formatSegmentName(name))!;
        expect({ ...parsed, segmentId: new Uint8Array(parsed.segmentId) }).toEqual(name);
      }),
    );
  });

  it('sorts by slot, then by base id', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        const [x, y] = [formatSegmentName(a), formatSegmentName(b)];
        const order =
          a.slot - b.slot || a.baseId.high - b.baseId.high || a.baseId.low - b.baseId.low || Number.NaN;
        if (!Number.isNaN(order)) expect(x < y).toBe(order < 0);
      }),
    );
  });

  const id = '0P1WGN4H00107';
  const hex = '0123456789abcdef0123456789abcdef';
  it('looks like this', () => {
    expect(parseSegmentName(`0007-${id}-${hex}.open`)).toMatchObject({ slot: 7, state: 'open' });
  });

  it.each([
    '',
    'agentlog.json',
    `0007-${id}-${hex}`,
    `0007-${id}-${hex}.new`,
    `0007-${id}-${hex}.open.sealed`,
    `7-${id}-${hex}.open`,
    `1024-${id}-${hex}.open`,
    `0007-8P1WGN4H00107-${hex}.open`,
    `0007-${id.toLowerCase()}-${hex}.open`,
    `0007-${id}-${hex.toUpperCase()}.open`,
    `x/0007-${id}-${hex}.open`,
    `0007-${id}-${hex}.open\n`,
  ])('is not %j', (name) => {
    expect(parseSegmentName(name)).toBeUndefined();
  });
});
