/** Entries as they are acknowledged, by whichever process, from a position on. */
import type { CancelSignal } from '../cancel-signal.js';
import type { StoredEntry } from '../entry.js';
import type { EntryFollow } from './api.js';
import type { Changes } from './changes.js';
import { formatCursor } from './cursor.js';
import { entryOf, readEntries } from './entry-stream.js';
import type { Filter } from './filter.js';
import type { Position } from './position.js';
import { type Place, takeSnapshot } from './snapshot.js';

/** Under a constant load every look finds something; this bounds how many there are. */
const LEAST_PAUSE_MS = 5;

interface Options {
  readonly place: Place;
  readonly changes: Changes;
  readonly filter: Filter;
  /** What lies behind it is given. It moves on. */
  readonly position: Position;
  readonly storeId: string;
  readonly signal: CancelSignal | undefined;
  readonly onEnd: (ended: Follow) => void;
}

export class Follow implements EntryFollow {
  readonly #options: Options;
  readonly #entries: AsyncGenerator<StoredEntry, void, void>;
  readonly #stopListening: () => void;
  #isEnded = false;
  /** Something may have changed since the last look began. */
  #isChanged = true;
  #wake: () => void = () => undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#entries = this.#run();
    this.#stopListening = options.changes.listen(() => {
      this.#isChanged = true;
      this.#wake();
    });
    if (options.signal?.aborted) this.end();
    else options.signal?.addEventListener('abort', this.end, { once: true });
  }

  get cursor(): string {
    return formatCursor(this.#options.position, this.#options.storeId);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<StoredEntry, void>> {
    return this.#entries.next();
  }

  async return(): Promise<IteratorResult<StoredEntry, void>> {
    this.end();
    return this.#entries.return();
  }

  /** Whoever waits for the next entry is told that there is none. */
  readonly end = (): void => {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stopListening();
    this.#options.signal?.removeEventListener('abort', this.end);
    this.#options.onEnd(this);
    this.#wake();
  };

  async *#run(): AsyncGenerator<StoredEntry, void, void> {
    try {
      while (!this.#isEnded) {
        this.#isChanged = false;
        yield* this.#step();
        await this.#change();
      }
    } catch (error) {
      // What is being read when it ends is not read to the end.
      if (!this.#isEnded) throw error;
    } finally {
      this.end();
    }
  }

  /** All that lies between the position and what there is now. */
  async *#step(): AsyncGenerator<StoredEntry, void, void> {
    const { place, filter, position } = this.#options;
    const snapshot = await takeSnapshot(place, (_, now) => now);
    const seen = snapshot.upTo.ids();
    if (seen.every(({ high, low }) => position.includes(high, low))) return;
    // The position moves on while what lies behind it is read.
    const from = position.copy();
    const check = () => {
      if (this.#isEnded) throw new Error('nobody follows any more');
    };
    for await (const found of readEntries(place, snapshot, { filter, order: 'asc', from, check })) {
      for (const one of found) {
        if (this.#isEnded) return;
        position.reach({ high: one.idHigh, low: one.idLow });
        yield entryOf(one);
      }
    }
    // What the filter passed over is behind it too.
    position.reachAll(seen);
  }

  /** Waiting keeps the process running, as nothing else may. */
  async #change(): Promise<void> {
    await this.#sleep(LEAST_PAUSE_MS, () => false);
    await this.#sleep(this.#options.changes.lookEvery, () => this.#isChanged);
  }

  async #sleep(milliseconds: number, isOver: () => boolean): Promise<void> {
    if (this.#isEnded || isOver()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        if (!this.#isEnded && !isOver()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
