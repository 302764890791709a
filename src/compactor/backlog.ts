/** What waits to become rows, looked at from time to time without reading any segment. */
import type { Disk } from '../segment/disk.js';
import { whoLives } from '../segment/liveness.js';
import { listSegments } from '../segment/segment-list.js';
import { isMissing, run } from '../segment/steps.js';
import type { StorePaths } from '../segment/store-directory.js';

export interface Backlog {
  /** Segments that nobody writes to any more. */
  readonly segments: number;
  readonly bytes: number;
  /** For how many milliseconds the first of them has been known to wait. */
  readonly age: number;
}

/** Asking for the locks of all segments that are open is not worth it at every look. */
const ASK_EACH_MS = 5000;

export class BacklogWatch {
  readonly #disk: Disk;
  readonly #paths: StorePaths;
  /** When each waiting segment was seen first, and its size, which does not change any more. */
  #seen = new Map<string, { since: number; bytes: number }>();
  #leftovers: readonly string[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(disk: Disk, paths: StorePaths) {
    this.#disk = disk;
    this.#paths = paths;
  }

  /** With `anew`, also for segments whose writers have died just now. */
  async look(anew = false): Promise<Backlog> {
    const now = performance.now();
    const files = await run(this.#disk, listSegments(this.#paths.segments));
    const paths = files.filter(({ name }) => name.state === 'sealed').map(({ path }) => path);
    const open = files.filter(({ name }) => name.state === 'open').map(({ path }) => path);
    if (anew || now - this.#askedAt >= ASK_EACH_MS) {
      this.#askedAt = now;
      const answers = await whoLives(this.#disk, this.#paths.locks, open);
      this.#leftovers = open.filter((_, i) => answers[i] === 'gone');
    }
    paths.push(...open.filter((path) => this.#leftovers.includes(path)));

    const seen = new Map<string, { since: number; bytes: number }>();
    for (const path of paths) {
      const one = this.#seen.get(path) ?? { since: now, bytes: await this.#sizeOf(path) };
      seen.set(path, one);
    }
    this.#seen = seen;
    const waiting = [...seen.values()];
    return {
      segments: waiting.length,
      bytes: waiting.reduce((sum, { bytes }) => sum + bytes, 0),
      age: waiting.reduce((age, { since }) => Math.max(age, now - since), 0),
    };
  }

  /** 0 when it was let go of meanwhile. */
  async #sizeOf(path: string): Promise<number> {
    try {
      return (await this.#disk.call('lstat', path)).size;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  }
}
