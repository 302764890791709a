/** Times as programs write them. What could be meant in two ways is none: a wrong time would be wrong in silence. */

export type Zone = 'utc' | 'local';

export interface TimeValue {
  readonly milliseconds: number;
  /** The milliseconds say all that was there. */
  readonly isExact: boolean;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?) ?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
/** As JavaScript writes them, and so most; up to the minute, which many have in common. */
const USUAL = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}):([0-5]\d)\.(\d{3})Z$/;
const NUMBER = /^\d+(?:\.\d+)?$/;
/** Where numbers of each unit lie for times from 1973 to 2286: nowhere in two of them. */
const UNITS: readonly (readonly [least: number, perMillisecond: number])[] = [
  [1e8, 1e-3],
  [1e11, 1],
  [1e14, 1e3],
  [1e17, 1e6],
];

/** Undefined for what is none, and without `zone` for a time of a clock that nobody knows. */
export function timeOf(value: unknown, zone: Zone | undefined): TimeValue | undefined {
  if (typeof value === 'number') return ofNumber(value);
  if (typeof value === 'bigint') return ofDigits(String(value));
  if (typeof value !== 'string') return undefined;
  return ofText(value, zone) ?? (NUMBER.test(value) ? ofDigits(value) : undefined);
}

/** A time that says no zone. */
export function isWithoutZone(value: unknown): boolean {
  const parts = typeof value === 'string' ? ISO.exec(value) : null;
  return parts !== null && parts[5] === undefined;
}

/** There may be more of them than a number holds. */
function ofDigits(digits: string): TimeValue | undefined {
  const time = ofNumber(Number(digits));
  return time && { ...time, isExact: time.isExact && String(Number(digits)) === digits };
}

function ofNumber(value: number): TimeValue | undefined {
  const unit = UNITS.find(([least]) => value >= least && value < 100 * least);
  if (unit === undefined) return undefined;
  const [, perMillisecond] = unit;
  // A part of a second is no exact number, and its thousandfold may lie a hair below the millisecond.
  const milliseconds =
    perMillisecond < 1 ? Math.floor(Number((value * 1000).toFixed(3))) : Math.floor(value / perMillisecond);
  return {
    milliseconds,
    isExact: perMillisecond < 1 ? milliseconds / 1000 === value : milliseconds * perMillisecond === value,
  };
}

function ofText(text: string, zone: Zone | undefined): TimeValue | undefined {
  const usual = ofUsualText(text);
  if (usual !== undefined) return usual;
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, clock, said] = parts;
  const offset = said ?? (zone === 'utc' ? 'Z' : zone === 'local' ? '' : undefined);
  if (offset === undefined) return undefined;
  // The 30th of February would be one of the first of March.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCDate() !== Number(day)) return undefined;
  const iso = `${year}-${month}-${day}T${clock!.replace(',', '.')}${offsetText(offset)}`;
  const milliseconds = Date.parse(iso);
  if (Number.isNaN(milliseconds)) return undefined;
  return { milliseconds, isExact: new Date(milliseconds).toISOString() === text };
}

/** Of the last minute that was asked for; undefined when there is none like it. */
const known: { text: string; milliseconds: number | undefined } = { text: '', milliseconds: undefined };

function ofUsualText(text: string): TimeValue | undefined {
  const parts = USUAL.exec(text);
  if (parts === null) return undefined;
  const [, minute, second, millisecond] = parts as unknown as [string, string, string, string];
  if (minute !== known.text) {
    known.text = minute;
    const date = new Date(`${minute}:00.000Z`);
    // The 30th of February would be one of the first of March.
    const isRight = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(minute);
    known.milliseconds = isRight ? date.getTime() : undefined;
  }
  if (known.milliseconds === undefined) return undefined;
  return { milliseconds: known.milliseconds + Number(second) * 1000 + Number(millisecond), isExact: true };
}

function offsetText(offset: string): string {
  if (offset === '' || /^z$/i.test(offset)) return offset.toUpperCase();
  const digits = offset.slice(1).replace(':', '');
  return `${offset[0]}${digits.slice(0, 2)}:${digits.slice(2) || '00'}`;
}
