import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortInPieces } from '../../src/reading/sort-in-pieces.js';

test('what is sorted in pieces is what is sorted at once, whatever its length', async () => {
  const lengths = [0, 1, 511, 512, 513, 1024, 1025, 1537, 5000];
  for (const length of lengths) {
    const numbers = fc
      .sample(fc.nat(), { numRuns: 1, seed: length })
      .flatMap((first) => Array.from({ length }, (_, i) => (first * (i + 1) * 7919) % 10_007));
    expect(await sortInPieces(numbers, (a, b) => a < b)).toEqual([...numbers].sort((a, b) => a - b));
  }
});
