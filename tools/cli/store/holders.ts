/** Who holds the locks of many files, at one moment. */
import { readFileSync, statSync } from 'node:fs';
import { type Holder, holderIn, holderOf } from './lock-holders.js';

export class Holders {
  readonly #locks: string | undefined;

  constructor() {
    try {
      this.#locks = readFileSync('/proc/locks', 'utf8');
    } catch {
      // Of each segment its header is asked.
    }
  }

  /** Undefined when nobody holds it, or it is not there. */
  of(path: string): Holder | undefined {
    try {
      if (this.#locks !== undefined) return holderIn(this.#locks, statSync(path).ino);
      return path.endsWith('.open') ? holderOf(path) : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
