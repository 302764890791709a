/** Sorting of what may be much, without keeping the thread from everything else meanwhile. */
import { giveWay } from '../give-way.js';

const PIECE = 512;

/** `isBefore` says of two whether the first one comes first. */
export async function sortInPieces<Item>(
  items: readonly Item[],
  isBefore: (a: Item, b: Item) => boolean,
): Promise<Item[]> {
  let runs: Item[][] = [];
  for (let from = 0; from < items.length; from += PIECE) {
    runs.push(items.slice(from, from + PIECE).sort((a, b) => (isBefore(a, b) ? -1 : 1)));
    await giveWay();
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(await merge(runs[i]!, runs[i + 1] ?? [], isBefore));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<Item>(
  a: readonly Item[],
  b: readonly Item[],
  isBefore: (a: Item, b: Item) => boolean,
): Promise<Item[]> {
  const merged: Item[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isFirst = j === b.length || (i < a.length && isBefore(a[i]!, b[j]!));
    merged.push(isFirst ? a[i++]! : b[j++]!);
    if (merged.length % PIECE === 0) await giveWay();
  }
  return merged;
}
