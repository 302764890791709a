/** The values of options, as people write them. */
import { parseId } from '../../src/entry-id.js';
import { printableName } from '../../src/printable.js';
import { UsageError } from './errors.js';

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Much else would be taken for a date, `5` for one. */
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** Epoch milliseconds: of `90s`, `15m`, `2h`, `3d`, `1w` before now, or of a date. */
export function parseTime(value: string): number {
  const span = /^(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(value);
  const date = DATE.exec(value);
  let time = Number.NaN;
  if (span !== null) time = Math.round(Date.now() - Number(span[1]) * UNITS[span[2]!]!);
  else if (/^-?\d{5,}$/.test(value)) time = Number(value);
  // A date without a time is meant as the day here, and not as in Greenwich.
  else if (date !== null) time = Date.parse(date[1] === undefined ? `${value}T00:00:00` : value);
  if (Number.isSafeInteger(time)) return time;
  throw new UsageError(
    `"${printableName(value)}" is no time: write 90s, 15m, 2h, 3d or 1w (before now), 2026-06-01, or 2026-06-01T12:00:00`,
  );
}

export function parseCount(value: string): number {
  if (/^\d+$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  throw new UsageError(`"${printableName(value)}" is no whole number: write one that is 0 or more`);
}

export function parseEntryId(value: string): string {
  if (parseId(value) !== undefined) return value;
  throw new UsageError(
    `"${printableName(value)}" is no id of an entry: it has 13 characters, as 0QJ4504200000`,
  );
}

/** In a file: decimal, or hexadecimal with 0x. */
export function parseOffset(value: string): number {
  if (/^(?:\d+|0x[0-9a-f]+)$/i.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  throw new UsageError(`"${printableName(value)}" is no offset: write 4096 or 0x1000`);
}

export type Bound =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly time: number };

/** An id, an offset (`@4096`, `0x1000`), or a time. */
export function parseBound(value: string): Bound {
  if (value.startsWith('@')) return { kind: 'offset', offset: parseOffset(value.slice(1)) };
  if (/^0x[0-9a-f]+$/i.test(value)) return { kind: 'offset', offset: parseOffset(value) };
  // Thirteen digits are milliseconds; an id without any letter is rare.
  const isNumber = /^\d+$/.test(value);
  if (!isNumber && parseId(value) !== undefined) return { kind: 'id', id: value };
  try {
    return { kind: 'time', time: parseTime(value) };
  } catch (error) {
    throw new UsageError(
      `"${printableName(value)}" is no place: write an id of 13 characters, an offset (@4096, 0x1000), or a time (15m, 2026-06-01)`,
      1,
      error,
    );
  }
}
