/**
 * How much space is written ahead of the records, in one step.
 *
 * A sync that must also record the file's new size, or new blocks, takes several times as long as one in space that was
 * written before. So space is written ahead in steps, with zeros: as much as is filled in a second or a few, so that a
 * quick writer seldom pays for a step and a slow one leaves little of it unused.
 */
export interface PaceLimits {
  readonly smallest: number;
  readonly first: number;
  readonly largest: number;
}

const LIMITS: PaceLimits = {
  smallest: 16 * 1024,
  first: 64 * 1024,
  largest: 1024 * 1024,
};
/** A step that was filled sooner is followed by a longer one, one that lasted longer by a shorter one. */
const SHORT_MS = 1000;
const LONG_MS = 4000;

export class Pace {
  readonly #limits: PaceLimits;
  #step: number;
  #stepAt: number | undefined;

  constructor(limits: PaceLimits = LIMITS) {
    this.#limits = limits;
    this.#step = limits.first;
  }

  /** The present step. */
  get step(): number {
    return this.#step;
  }

  /** The last step is used up: how long is the next one? `now` is in monotonic milliseconds. */
  nextStep(now: number): number {
    if (this.#stepAt !== undefined) {
      const lasted = now - this.#stepAt;
      if (lasted < SHORT_MS) this.#step = Math.min(this.#limits.largest, this.#step * 2);
      else if (lasted > LONG_MS) this.#step = Math.max(this.#limits.smallest, this.#step / 2);
    }
    this.#stepAt = now;
    return this.#step;
  }
}
