/** The values of options, as people write them. */
import { expect, test } from 'vitest';
import { parseBound, parseCount, parseEntryId, parseOffset, parseTime } from '../../tools/cli/arguments.js';
import { UsageError } from '../../tools/cli/errors.js';

test('times before now', () => {
  for (const [value, milliseconds] of [
    ['90s', 90_000],
    ['15m', 900_000],
    ['1.5h', 5_400_000],
    ['3d', 259_200_000],
    ['1w', 604_800_000],
  ] as const) {
    const before = Date.now();
    const time = parseTime(value);
    expect(time).toBeGreaterThanOrEqual(before - milliseconds);
    expect(time).toBeLessThanOrEqual(Date.now() - milliseconds);
  }
});

test('dates are of the day here, and times as they say', () => {
  expect(parseTime('2026-06-01')).toBe(new Date(2026, 5, 1).getTime());
  expect(parseTime('2026-06-01T12:00:00Z')).toBe(Date.UTC(2026, 5, 1, 12));
  expect(parseTime('1780272000000')).toBe(1_780_272_000_000);
});

test('places in a segment', () => {
  expect(parseBound('@4096')).toEqual({ kind: 'offset', offset: 4096 });
  expect(parseBound('0x1000')).toEqual({ kind: 'offset', offset: 4096 });
  expect(parseBound('0QJ4504200000')).toEqual({ kind: 'id', id: '0QJ4504200000' });
  expect(parseBound('1767323045000')).toEqual({ kind: 'time', time: 1767323045000 });
  expect(parseBound('2026-06-01T00:00:00Z')).toEqual({ kind: 'time', time: Date.UTC(2026, 5, 1) });
});

test('what means nothing is refused with what could be meant', () => {
  for (const value of ['', 'yesterday', '5', '3y', '-1h', '2026-13-01', '\u001b[31m'])
    expect(() => parseTime(value), value).toThrow(UsageError);
  for (const value of ['', '-1', '1.5', 'ten', '1e3', '99999999999999999999'])
    expect(() => parseCount(value), value).toThrow(UsageError);
  for (const value of ['', 'x', '0QJ450420000', '9QJ4504200000'])
    expect(() => parseEntryId(value)).toThrow(UsageError);
  for (const value of ['', '-8', '0xzz', '1.5']) expect(() => parseOffset(value)).toThrow(UsageError);
});
