/**
 * How many entries were logged when, from what is known of segments without reading them: each is taken to have been filled
 * evenly. Usually one is filled within half a minute.
 */

/** Entries of a segment, by the times of their ids. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly entries: number;
}

export interface Rate {
  readonly from: number;
  readonly to: number;
  /** In equal parts of the time, one after the other. */
  readonly entries: readonly number[];
}

const HOUR_MS = 3_600_000;
const PARTS = 24;

/** Of the last hour; of one that is long over, the last hour in which there was something. */
export function rateOf(spans: readonly Span[], now: number): Rate | null {
  if (spans.length === 0) return null;
  const last = spans.reduce((latest, { to }) => Math.max(latest, to), Number.NEGATIVE_INFINITY);
  const to = last > now - HOUR_MS && last <= now ? now : last + 1;
  const from = to - HOUR_MS;
  const entries = new Array<number>(PARTS).fill(0);
  for (const span of spans) addTo(entries, span, from);
  return { from, to, entries: rounded(entries) };
}

/** So that the parts are as many together as they were. */
function rounded(parts: readonly number[]): number[] {
  let sum = 0;
  return parts.map((part) => {
    const before = Math.round(sum);
    sum += part;
    return Math.round(sum) - before;
  });
}

function addTo(parts: number[], span: Span, from: number): void {
  const width = HOUR_MS / PARTS;
  const length = span.to - span.from + 1;
  const first = Math.max(0, Math.floor((span.from - from) / width));
  const last = Math.min(PARTS - 1, Math.floor((span.to - from) / width));
  for (let i = first; i <= last; i++) {
    const begin = Math.max(span.from, from + i * width);
    const end = Math.min(span.to + 1, from + (i + 1) * width);
    parts[i] = parts[i]! + (span.entries * Math.max(0, end - begin)) / length;
  }
}
