import type { Goal } from './compactor.js';

/** Whoever does the compactor's work: it is asked for one thing after the other, and ended once. */
export interface Runner {
  /** How many segments had to be left out; rejects if it failed, or if the runner came to an end before. */
  drain(goal: Goal): Promise<number>;
  /** Resolves when nothing of it is left; rejects if the last round failed. */
  end(lastRound: boolean): Promise<void>;
  /** Resolves when nothing of it is left, for whatever reason. */
  readonly gone: Promise<void>;
}
