/** What waits to be written, in the order in which it was given. */
import type { FormedEntry } from './entry-form.js';

/** Entries that are written together or not at all. */
export interface Unit {
  /** Higher than that of any unit that was given before. */
  readonly number: number;
  readonly entries: readonly FormedEntry[];
  readonly size: number;
  /** The task of an entry that is kept until it is on disk; undefined for a batch, whose caller hears that it failed. */
  readonly keptFor: string | undefined;
  /** Its task was deleted meanwhile. */
  isForgotten: boolean;
  /** Without ids: not yet, or not any more. */
  readonly resolve: (ids?: string[]) => void;
  readonly reject: (error: unknown) => void;
}

export class WaitingList {
  #units: Unit[] = [];
  #bytes = 0;
  /** Up to this number, all were told that it takes longer. */
  #told = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get first(): Unit | undefined {
    return this.#units[0];
  }

  /** The newest one that is kept for the task. */
  newestFor(taskId: string): Unit | undefined {
    return this.#units.findLast(({ keptFor }) => keptFor === taskId);
  }

  add(unit: Unit): void {
    this.#units.push(unit);
    this.#bytes += unit.size;
  }

  /** The first ones, up to so many bytes, but at least one. */
  take(mostBytes: number): Unit[] {
    let bytes = 0;
    const end = this.#units.findIndex(({ size }, i) => {
      bytes += size;
      return i > 0 && bytes > mostBytes;
    });
    return this.#remove(0, end === -1 ? this.#units.length : end);
  }

  /** The oldest one that is kept, for good. */
  drop(): Unit | undefined {
    const at = this.#units.findIndex(({ keptFor }) => keptFor !== undefined);
    return at === -1 ? undefined : this.#remove(at, at + 1)[0];
  }

  /**
   * The disk has refused `units`, which come before all that wait: those that are kept wait for the next try, and whoever
   * waits for an answer gets it.
   */
  putBack(units: readonly Unit[], error: unknown): void {
    let untold = this.#units.length;
    while (untold > 0 && this.#units[untold - 1]!.number > this.#told) untold--;
    const tail = this.#remove(untold, this.#units.length);
    this.#told = tail.at(-1)?.number ?? Math.max(this.#told, units.at(-1)!.number);
    const keptOf = (some: readonly Unit[]) =>
      some.filter(({ keptFor, isForgotten, resolve, reject }) => {
        if (keptFor === undefined) reject(error);
        else resolve();
        return keptFor !== undefined && !isForgotten;
      });
    this.#set([...keptOf(units), ...this.#units, ...keptOf(tail)]);
  }

  /** Lets go of all that is kept, for the task or for any. */
  forget(taskId?: string): Unit[] {
    const isMeant = ({ keptFor }: Unit) => keptFor !== undefined && (taskId ?? keptFor) === keptFor;
    const forgotten = this.#units.filter(isMeant);
    this.#set(this.#units.filter((unit) => !isMeant(unit)));
    for (const { resolve } of forgotten) resolve();
    return forgotten;
  }

  #remove(start: number, end: number): Unit[] {
    const removed = this.#units.splice(start, end - start);
    for (const { size } of removed) this.#bytes -= size;
    return removed;
  }

  #set(units: Unit[]): void {
    this.#units = units;
    this.#bytes = units.reduce((sum, { size }) => sum + size, 0);
  }
}
