/** What a reader found, held against itself: whole entries in their order, each once, and all of each call. */
import { isDeepStrictEqual } from 'node:util';
import type { StoredEntry } from '../../../src/index.js';
import { type Call, entryOf, placeOf } from './entries.js';

/** An entry that was found, by its place. */
export interface Found {
  readonly call: Call;
  readonly n: number;
  readonly id: string;
}

/** Throws unless ids grow, also from one entry of a task to its next, and every entry is one that can have been given. */
export function checkEntries(entries: Iterable<StoredEntry>): Found[] {
  const lastOf = new Map<string, number>();
  let last = '';
  return Array.from(entries, (entry) => {
    const { id } = entry;
    if (id <= last) throw new Error(`${id} comes after ${last}`);
    last = id;
    const { call, n } = placeOf(entry);
    const { task, first, count } = call;
    const isWhole = n >= first && n < first + count && isDeepStrictEqual(entry, { id, ...entryOf(call, n) });
    if (!isWhole) throw new Error(`was never given: ${JSON.stringify(entry)}`);
    if (n <= (lastOf.get(task) ?? -1)) throw new Error(`${task}/${n} is there twice, or not in its order`);
    lastOf.set(task, n);
    return { call, n, id };
  });
}

/** Throws if a call is there in part. What is found is in the order of the ids. */
export function checkCalls(found: readonly Found[]): void {
  const left = new Map<string, number>();
  for (const { call } of found) {
    const key = `${call.task}/${call.first}+${call.count}`;
    left.set(key, (left.get(key) ?? call.count) - 1);
  }
  for (const [key, missing] of left)
    if (missing !== 0) throw new Error(`${missing} entries of the call ${key} are missing`);
}
