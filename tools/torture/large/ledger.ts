/** What was acknowledged, and whether a store has it: once, whole, under its id, and nothing else but whole groups that were under way. */
import { isDeepStrictEqual } from 'node:util';
import type { AgentLog, StoredEntry } from '../../../src/index.js';
import { entryNo, GROUP } from './entries.js';

export class Ledger {
  /** Of each writer, the id of each entry by its number. */
  readonly #ids = new Map<number, string[]>();

  acknowledged(writer: number, from: number, ids: readonly string[]): void {
    const known = this.#ids.get(writer) ?? [];
    this.#ids.set(writer, known);
    if (known.length !== from || ids.length !== GROUP)
      throw new Error(`writer ${writer} told of ${ids.length} entries from ${from}, after ${known.length}`);
    known.push(...ids);
  }

  get size(): number {
    let size = 0;
    for (const ids of this.#ids.values()) size += ids.length;
    return size;
  }

  /** Names of some that were acknowledged, and their ids. */
  *some(every: number): Iterable<{ readonly writer: number; readonly n: number; readonly id: string }> {
    for (const [writer, ids] of this.#ids)
      for (let n = 0; n < ids.length; n += every) yield { writer, n, id: ids[n]! };
  }

  /** Reads all there is. Returns how many entries that were; throws at the first one that is wrong. */
  async check(log: AgentLog): Promise<number> {
    const seen = new Map<number, number>();
    let last = '';
    let count = 0;
    for await (const entry of log.scan()) {
      if (entry.id <= last) throw new Error(`${entry.id} comes after ${last}`);
      last = entry.id;
      this.#check(entry, seen);
      count++;
    }
    for (const [writer, ids] of this.#ids) {
      const found = seen.get(writer) ?? 0;
      if (found < ids.length)
        throw new Error(`of writer ${writer}, ${ids.length} were acknowledged, and ${found} are there`);
      if (found % GROUP !== 0)
        throw new Error(`of a group of writer ${writer} only ${found % GROUP} entries are there`);
      if (found > ids.length + GROUP)
        throw new Error(
          `of writer ${writer} ${found} entries are there, and at most ${ids.length + GROUP} were given`,
        );
    }
    return count;
  }

  /** A writer's entries come one after the other, as it appended them. */
  #check(entry: StoredEntry, seen: Map<number, number>): void {
    const { writer, n } = entry.detail as { writer: number; n: number };
    if (n !== (seen.get(writer) ?? 0))
      throw new Error(`${n} of writer ${writer} comes after ${seen.get(writer)}`);
    seen.set(writer, n + 1);
    const acknowledged = this.#ids.get(writer)?.[n];
    const expected = { ...entryNo(writer, n), id: acknowledged ?? entry.id };
    if (!isDeepStrictEqual({ ...entry }, expected))
      throw new Error(
        `entry ${n} of writer ${writer} is ${JSON.stringify(entry)} and not ${JSON.stringify(expected)}`,
      );
  }
}
