/** Entries that wait to be written together, and the promise of those who wait for them. */
import type { CheckedEntry } from '../entry.js';
import type { IdHalves } from '../entry-id.js';
import { BatchEncoder } from './batch-encoder.js';
import type { CrcSeed } from './crc.js';

export class PendingBatch {
  readonly promise: Promise<void>;
  /** How often it failed. */
  attempts = 0;
  firstId: IdHalves | undefined;
  failure: unknown;
  #encoder = new BatchEncoder();
  #lastId: IdHalves = { high: 0, low: 0 };
  #resolve!: () => void;
  #reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Those who care wait for it; nobody waiting is no unhandled rejection.
    this.promise.catch(() => undefined);
  }

  get size(): number {
    return this.#encoder.size;
  }

  get records(): number {
    return this.#encoder.records;
  }

  get entries(): number {
    return this.#encoder.records;
  }

  get lastId(): IdHalves {
    return this.#lastId;
  }

  add(entry: CheckedEntry, id: IdHalves, moreOfGroup: boolean): void {
    this.#encoder.addEntry(entry, id, moreOfGroup);
    this.firstId ??= id;
    this.#lastId = id;
  }

  finish(seed: CrcSeed, offset: number, batch: number): Buffer {
    return this.#encoder.finish(seed, offset, batch);
  }

  /** From now on in a buffer of its own. */
  copy(): this {
    this.#encoder = this.#encoder.copy();
    return this;
  }

  resolve(): void {
    this.#resolve();
  }

  reject(reason: unknown): void {
    this.failure = reason;
    this.#reject(reason);
  }
}
