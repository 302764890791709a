/** What takes part in the comparison, and the loops in which entries are given to it. */
import type { Entry } from '../../../src/entry.js';
import { sampleEntries } from '../sample.js';

/** A store that is open in a directory of its own. */
export interface OpenContender {
  /** Appends until `over` says so, and answers how many entries are on disk. */
  append(over: () => boolean): number | Promise<number>;
  close(): void | Promise<void>;
}

export interface Contender {
  readonly name: string;
  open(directory: string): OpenContender | Promise<OpenContender>;
}

/** As many as a caller has at hand; every contender is given the same ones, in the same order, again and again. */
export const ENTRIES: readonly Entry[] = sampleEntries(2048);

/** One caller, who waits for nothing but the call itself. */
export function inTurn(append: (entry: Entry) => void): OpenContender['append'] {
  let next = 0;
  return (over) => {
    const first = next;
    while (!over()) append(ENTRIES[next++ % ENTRIES.length]!);
    return next - first;
  };
}

/** Callers side by side, each of whom waits for an entry before appending the next one. */
export function byCallers(
  callers: number,
  append: (entry: Entry) => Promise<unknown>,
): OpenContender['append'] {
  let next = 0;
  return async (over) => {
    let acknowledged = 0;
    let failed = false;
    const caller = async () => {
      while (!failed && !over()) {
        await append(ENTRIES[next++ % ENTRIES.length]!);
        acknowledged++;
      }
    };
    const results = await Promise.allSettled(
      Array.from({ length: callers }, () =>
        caller().catch((error: unknown) => {
          failed = true;
          throw error;
        }),
      ),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return acknowledged;
  };
}
