/** What programs say of what they do, in one order with what they do to the disk. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export type Mark =
  /** The entries of one call are given to a handle. */
  | { readonly kind: 'give'; readonly handle: string; readonly numbers: readonly number[] }
  /** The call has acknowledged them; `write` tells no ids. */
  | {
      readonly kind: 'acknowledged';
      readonly numbers: readonly number[];
      readonly ids: readonly (string | null)[];
    }
  | { readonly kind: 'delete'; readonly request: number; readonly handle: string; readonly which: Which }
  | { readonly kind: 'deleted'; readonly request: number }
  /** All that there is, read when no other handle was there and nothing on its way. */
  | { readonly kind: 'read'; readonly found: readonly (readonly [number: number, id: string])[] }
  | { readonly kind: 'back up'; readonly to: string }
  | { readonly kind: 'backed up'; readonly to: string }
  /** From now on segments may be missing from the archive. */
  | { readonly kind: 'evict' };

export type Which =
  | { readonly taskId: string }
  | { readonly before: number }
  | { readonly keepPerTask: number };

/** What a `heal` event gives as its reason when nothing was wrong. */
export const ASKED_FOR = 'it was asked for';

/** The recorder's file. */
const MARKS = '.mark';

export class Marks {
  readonly #fd: number;

  constructor(mount: string) {
    this.#fd = openSync(join(mount, MARKS), 'w');
  }

  set(mark: Mark): void {
    const text = JSON.stringify(mark);
    if (writeSync(this.#fd, text, 0) !== Buffer.byteLength(text)) throw new Error('a mark was cut short');
  }

  close(): void {
    closeSync(this.#fd);
  }
}
