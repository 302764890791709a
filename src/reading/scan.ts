/**
 * Entries one by one, as they come in pieces. Written out, and not as a generator: that would take as long for each entry as
 * all else but SQLite.
 */
import type { StoredEntry } from '../entry.js';
import { entryOf, type Found } from './entry-stream.js';

type Step = IteratorResult<StoredEntry, undefined>;

const END: Step = { done: true, value: undefined };

export class Scan implements AsyncIterableIterator<StoredEntry, undefined> {
  readonly #pieces: AsyncGenerator<Found[], void, void>;
  readonly #check: () => void;
  #piece: readonly Found[] = [];
  #taken = 0;
  /** Steps that are asked for before the last one is done come after it. */
  #last: Promise<unknown> | undefined;
  #isEnded = false;

  /** `check` throws when nobody waits any more. */
  constructor(pieces: AsyncGenerator<Found[], void, void>, check: () => void) {
    this.#pieces = pieces;
    this.#check = check;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    if (this.#last === undefined && this.#taken < this.#piece.length) {
      try {
        this.#check();
        return Promise.resolve({ done: false, value: entryOf(this.#piece[this.#taken++]!) });
      } catch (error) {
        return this.#inTurn(() => this.#fail(error));
      }
    }
    return this.#inTurn(() => this.#step());
  }

  return(): Promise<Step> {
    return this.#inTurn(() => this.#end());
  }

  async #step(): Promise<Step> {
    try {
      while (!this.#isEnded && this.#taken === this.#piece.length) {
        const { done, value } = await this.#pieces.next();
        if (done) this.#isEnded = true;
        this.#piece = done ? [] : value;
        this.#taken = 0;
      }
      if (this.#isEnded) return END;
      this.#check();
      return { done: false, value: entryOf(this.#piece[this.#taken++]!) };
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<Step> {
    await this.#end();
    throw error;
  }

  async #end(): Promise<Step> {
    this.#isEnded = true;
    this.#piece = [];
    this.#taken = 0;
    await this.#pieces.return();
    return END;
  }

  #inTurn(work: () => Promise<Step>): Promise<Step> {
    const doing = this.#last === undefined ? work() : this.#last.then(work, work);
    const last: Promise<unknown> = doing.then(
      () => this.#rest(last),
      () => this.#rest(last),
    );
    this.#last = last;
    return doing;
  }

  #rest(last: Promise<unknown>): void {
    if (this.#last === last) this.#last = undefined;
  }
}
