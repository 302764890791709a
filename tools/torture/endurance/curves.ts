/** What was measured over a long run: shown as a row of numbers, and judged bounded or not. */

/** Numbers in a curve, each the most of its part of the run. */
const NUMBERS = 16;
const MOST_TIMES = 1.5;

export interface Quantity {
  readonly name: string;
  readonly unit: number;
  /** What may come and go whatever the size of the run: garbage, a file that is just being written. */
  readonly slack: number;
}

export function curve(values: readonly number[], { unit }: Quantity): string {
  const parts = Math.min(NUMBERS, values.length);
  const bounds = Array.from({ length: parts + 1 }, (_, i) => Math.floor((i * values.length) / parts));
  return bounds
    .slice(0, -1)
    .map((from, i) => Math.round(Math.max(...values.slice(from, bounds[i + 1])) / unit))
    .join(' ');
}

/**
 * What is wrong with it, if it is not bounded. In the first third of the run everything that may fill has been filled, and
 * everything that happens has happened, so what the last third has more of grows with what has gone by. Half as much
 * again is for what differs by chance from one restart, or one round, to the next; what grows would be at three times.
 */
export function unbounded(values: readonly number[], { name, unit, slack }: Quantity): string | undefined {
  const third = Math.floor(values.length / 3);
  const [first, last] = [Math.max(...values.slice(0, third)), Math.max(...values.slice(-third))];
  if (last <= first * MOST_TIMES + slack) return undefined;
  return `${name}: at most ${Math.round(first / unit)} in the first third, ${Math.round(last / unit)} in the last`;
}
