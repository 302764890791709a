/** What is logged, for figures that are told for each byte of it: the entries as JSON texts. */
import type { Entry } from '../../../src/entry.js';

/** Of the first `count` entries, of which there are so many that they are given again and again. */
export function jsonBytes(entries: readonly Entry[], count: number): number {
  const sizes = entries.map((entry) => Buffer.byteLength(JSON.stringify(entry)));
  const sum = (some: readonly number[]) => some.reduce((total, size) => total + size, 0);
  return Math.floor(count / sizes.length) * sum(sizes) + sum(sizes.slice(0, count % sizes.length));
}
