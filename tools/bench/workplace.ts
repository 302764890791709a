/** Directories on a real disk for contenders to work in, gone afterwards, however the run ends. */
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killChildren } from './child.js';

/** What statfs(2) calls file systems in memory, where a sync costs nothing. */
const IN_MEMORY = [0x01021994, 0x858458f6];
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

export class Workplace {
  readonly #path: string;
  #next = 0;

  private constructor(path: string) {
    this.#path = path;
  }

  static async during<T>(work: (place: Workplace) => Promise<T>): Promise<T> {
    const place = new Workplace(makeOnDisk());
    // Also when an exception or a signal ends the process.
    const leave = () => {
      killChildren();
      place.#remove();
    };
    const signalled = (signal: keyof typeof SIGNALS) => process.exit(128 + SIGNALS[signal]);
    const signals = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];
    process.once('exit', leave);
    for (const signal of signals) process.on(signal, signalled);
    try {
      return await work(place);
    } finally {
      for (const signal of signals) process.off(signal, signalled);
      process.off('exit', leave);
      leave();
    }
  }

  /** An empty directory for the time that `work` takes. */
  async within<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const directory = join(this.#path, String(this.#next++));
    mkdirSync(directory);
    try {
      return await work(directory);
    } finally {
      rmSync(directory, { recursive: true });
      // What the removal leaves to the file system's journal must not wait for the next contender's first sync.
      const fd = openSync(this.#path, 'r');
      fsyncSync(fd);
      closeSync(fd);
    }
  }

  #remove(): void {
    // A child that was killed just now may still be making a file.
    rmSync(this.#path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

function makeOnDisk(): string {
  const place = [tmpdir(), process.cwd()].find((path) => !IN_MEMORY.includes(statfsSync(path).type));
  if (place === undefined) throw new Error('neither the temporary nor the current directory is on a disk');
  return mkdtempSync(join(place, 'agentlog-bench-'));
}
