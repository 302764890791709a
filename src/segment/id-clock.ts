/**
 * Gives the ids of one slot, each higher than the last, whatever the clock of the machine does.
 *
 * An id without its slot is a *tick*: time since 2020 in 4096ths of a millisecond, which just fits into the whole
 * numbers of JavaScript. The next tick is the time's, or one more than the last one given. So ids of several processes
 * are in nearly causal order, a clock that steps back costs nothing but that order, and a burst of more than 4096 in a
 * millisecond runs ahead of the clock for a while.
 */
import { performance } from 'node:perf_hooks';
import { ID_EPOCH, type IdHalves } from '../entry-id.js';

export const TICKS_PER_MS = 4096;
const TICKS_PER_HIGH = 2 ** 22;
/** Ids have 41 bits for milliseconds, which end in September 2089; a day is kept back for what runs ahead of the clock. */
const LAST_TICK = 2 ** 53 - 24 * 60 * 60 * 1000 * TICKS_PER_MS;

export class IdClock {
  readonly #slot: number;
  readonly #now: () => number;
  /** What to add to the monotonic clock to get the time; it only serves for the fraction of a millisecond. */
  #offset = performance.timeOrigin;
  #last: number;

  /** No id at or below the tick `after` is given. `now` is in epoch milliseconds. */
  constructor(slot: number, after: number, now: () => number = Date.now) {
    this.#slot = slot;
    this.#last = after;
    this.#now = now;
  }

  /** The last tick given, or the one that the clock began after. */
  get last(): number {
    return this.#last;
  }

  /** The clock shows a time for which there are no ids. */
  get isBeyondIds(): boolean {
    return (this.#now() - ID_EPOCH) * TICKS_PER_MS > LAST_TICK;
  }

  /** The tick of this moment, by the clock alone; the last one given when the clock shows no time that ids have. */
  get present(): number {
    const now = this.#now();
    const running = performance.now();
    const time = running + this.#offset;
    // The offset is kept so that the fraction stays within the millisecond that the wall clock shows.
    if (time < now) this.#offset = now - running;
    else if (time >= now + 1) this.#offset = now - running + (TICKS_PER_MS - 1) / TICKS_PER_MS;
    const tick = Math.floor((running + this.#offset - ID_EPOCH) * TICKS_PER_MS);
    if (tick > LAST_TICK) return this.#last;
    return Math.max(0, tick);
  }

  next(): IdHalves {
    this.#last = Math.max(this.#last + 1, this.present);
    return this.idOf(this.#last);
  }

  idOf(tick: number): IdHalves {
    const high = Math.floor(tick / TICKS_PER_HIGH);
    return { high, low: ((tick - high * TICKS_PER_HIGH) * 1024 + this.#slot) >>> 0 };
  }
}

/** The tick of an id, whatever its slot. */
export function tickOf({ high, low }: IdHalves): number {
  return high * TICKS_PER_HIGH + (low >>> 10);
}
