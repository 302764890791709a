/** The lock on `locks/compactor.lock`: whoever holds it may write to the database, and nobody else. */
import { join } from 'node:path';
import type { Disk } from '../segment/disk.js';
import { takeFileLock } from '../segment/file-lock.js';
import { leadsTo, runSync } from '../segment/steps.js';
import type { StorePaths } from '../segment/store-directory.js';

export class LeaderLock {
  readonly #disk: Disk;
  readonly #path: string;
  #fd: number | undefined;

  constructor(disk: Disk, { locks }: StorePaths) {
    this.#disk = disk;
    this.#path = join(locks, 'compactor.lock');
  }

  /** Never waits. False when another handle has it. */
  take(): boolean {
    this.#fd ??= runSync(this.#disk, takeFileLock(this.#path));
    return this.#fd !== undefined;
  }

  /** Held, and not of a store that was removed: another one in its place has another leader. */
  get isGood(): boolean {
    return this.#fd !== undefined && runSync(this.#disk, leadsTo(this.#path, this.#fd));
  }

  release(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) this.#disk.callSync('close', fd);
  }
}
