/** A row of small bars. */
const BARS = '▁▂▃▄▅▆▇█';

/** One bar for each value; nothing at all is a space. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  return values
    .map((value) =>
      value === 0 ? ' ' : BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))],
    )
    .join('');
}
