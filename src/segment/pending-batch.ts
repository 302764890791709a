/** Entries that wait to be written together, and the promise of those who wait for them. */
import type { Deletion } from '../deletion.js';
import type { CheckedEntry } from '../entry.js';
import type { IdHalves } from '../entry-id.js';
import type { BatchEncoder } from './batch-encoder.js';
import { encodeDelete } from './control-payload.js';
import type { CrcSeed } from './crc.js';
import { RECORD_TYPE } from './layout.js';

/** A buffer that one large batch needed is not kept for the many small ones. */
const LARGEST_KEPT_ENCODER = 4 * 1024 * 1024;

export class PendingBatch {
  readonly promise: Promise<void>;
  /** Something in it was taken without a promise to anybody. */
  isAwaitedByFlush = false;
  /** Its deletes must be the first records of a segment. */
  beginsSegment = false;
  /** Entries among its records. */
  entries = 0;
  /** How often it failed. */
  attempts = 0;
  failure: unknown;
  #encoder: BatchEncoder;
  #settled = false;
  #lastId: IdHalves = { high: 0, low: 0 };
  #resolve!: () => void;
  #reject!: (reason: unknown) => void;

  constructor(encoder: BatchEncoder) {
    this.#encoder = encoder;
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

  get lastId(): IdHalves {
    return this.#lastId;
  }

  add(entry: CheckedEntry, id: IdHalves): void {
    this.#encoder.addEntry(entry, id);
    this.entries++;
    this.#lastId = id;
  }

  addGroup(entries: readonly CheckedEntry[], ids: readonly IdHalves[]): void {
    this.#encoder.addGroup(entries, ids);
    this.entries += entries.length;
    this.#lastId = ids.at(-1)!;
  }

  /** Before any entry. */
  addDelete(request: Deletion, id: IdHalves): void {
    this.beginsSegment = true;
    this.#encoder.addControl(RECORD_TYPE.delete, encodeDelete(request), id);
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
    this.#settled = true;
    this.#resolve();
  }

  reject(reason: unknown): void {
    this.#settled = true;
    this.failure = reason;
    this.#reject(reason);
  }

  /** The emptied encoder, for another batch, when this one needs it no more. No call may still read its buffer. */
  releaseEncoder(): BatchEncoder | undefined {
    if (!this.#settled || this.#encoder.capacity > LARGEST_KEPT_ENCODER) return undefined;
    this.#encoder.clear();
    return this.#encoder;
  }
}
