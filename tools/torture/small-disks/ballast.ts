/** A file that takes the space of a disk, but for so much as is left to others. */
import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';

export class Ballast {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** From now on so many bytes are free. */
  leave(free: number): void {
    const fd = openSync(this.#path, 'w');
    try {
      let size = 0;
      for (let piece = 1024 * 1024; piece >= 512; piece /= 2) size = fill(fd, size, Buffer.alloc(piece));
      ftruncateSync(fd, Math.max(0, size - free));
      // Some file systems give blocks to others only when it is on disk that they were freed.
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}

/** Writes pieces until there is no space for one. The size then. */
function fill(fd: number, from: number, piece: Buffer): number {
  for (let size = from; ; ) {
    try {
      const written = writeSync(fd, piece, 0, piece.length, size);
      size += written;
      if (written < piece.length) return size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      return size;
    }
  }
}
