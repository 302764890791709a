/**
 * Tells those who follow the store that it may have changed: the kernel says when a file in the directory of segments is
 * written, by whichever process. Where it does not, or cannot be relied on, they look from time to time.
 */
import { type FSWatcher, watch } from 'node:fs';

/** Also with a watch: nothing says how reliable it is on every kind of file system. */
const WATCHED_LOOK_MS = 1000;
const UNWATCHED_LOOK_MS = 50;

export class Changes {
  readonly #directory: string | undefined;
  readonly #lookEvery: number | undefined;
  readonly #listeners = new Set<() => void>();
  #watcher: FSWatcher | undefined;

  /** Without a directory nothing is watched. */
  constructor(directory: string | undefined, lookEvery?: number) {
    this.#directory = directory;
    this.#lookEvery = lookEvery;
  }

  /** Milliseconds after which to look without having been told. */
  get lookEvery(): number {
    return this.#lookEvery ?? (this.#watcher === undefined ? UNWATCHED_LOOK_MS : WATCHED_LOOK_MS);
  }

  /** Returns what ends the listening. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  #begin(): void {
    // Elsewhere the watch of a directory tells of new files only, or late.
    if (this.#directory === undefined || process.platform !== 'linux') return;
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, () => {
        for (const listener of this.#listeners) listener();
      });
      this.#watcher.on('error', () => this.#end());
    } catch {
      // Watches are limited in number.
      this.#watcher = undefined;
    }
  }

  #end(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
