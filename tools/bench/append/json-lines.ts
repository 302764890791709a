/**
 * A growing file of JSON lines, synced: what a host writes who needs no store. With several callers it does what a
 * careful host would: all lines that wait go into one write and one sync.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../../src/entry.js';
import { byCallers, type Contender, inTurn } from './contender.js';
import { writeAndSync, writeAndSyncNow } from './write-and-sync.js';

const openIn = (directory: string) => openSync(join(directory, 'entries.jsonl'), 'ax');
const lineOf = (entry: Entry) => `${JSON.stringify(entry)}\n`;

export const jsonLinesSync: Contender = {
  name: 'JSON lines',
  open(directory) {
    const fd = openIn(directory);
    return {
      append: inTurn((entry) => writeAndSyncNow(fd, Buffer.from(lineOf(entry)), null)),
      close: () => closeSync(fd),
    };
  },
};

export function jsonLines(callers: number): Contender {
  return {
    name: 'JSON lines',
    open(directory) {
      const fd = openIn(directory);
      const group = new GroupCommit(fd);
      return {
        append: byCallers(callers, (entry) => group.append(lineOf(entry))),
        close: () => closeSync(fd),
      };
    },
  };
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class GroupCommit {
  readonly #fd: number;
  #lines: string[] = [];
  #waiters: Waiter[] = [];
  #busy = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  append(line: string): Promise<void> {
    this.#lines.push(line);
    if (!this.#busy) this.#commitSoon();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** A tick that a microtask asks for runs when all callers woken now have appended again. */
  #commitSoon(): void {
    this.#busy = true;
    queueMicrotask(() => process.nextTick(() => this.#commit()));
  }

  #commit(): void {
    const bytes = Buffer.from(this.#lines.join(''));
    const waiters = this.#waiters;
    this.#lines = [];
    this.#waiters = [];
    const settle = (how: (waiter: Waiter) => void) => {
      this.#busy = false;
      if (this.#lines.length > 0) this.#commitSoon();
      for (const waiter of waiters) how(waiter);
    };
    writeAndSync(this.#fd, bytes, null).then(
      () => settle(({ resolve }) => resolve()),
      (error: unknown) => settle(({ reject }) => reject(error)),
    );
  }
}
