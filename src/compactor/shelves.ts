/**
 * Where segments go that are in the database: into archive/, from which a lost database can be built anew, or, damaged
 * ones, into quarantine/. Both are bounded; what goes first is what was written first.
 */
import { basename, join } from 'node:path';
import type { Disk } from '../segment/disk.js';
import { listSegments, type SegmentFile } from '../segment/segment-list.js';
import { isMissing, runSync, syncDirectory } from '../segment/steps.js';

interface Kept {
  readonly file: SegmentFile;
  readonly bytes: number;
}

export class Shelf {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #mostBytes: number;
  /** What may not be evicted although it is old. */
  readonly #mustStay: (file: SegmentFile) => boolean;
  #kept: Map<string, Kept> | undefined;

  constructor(disk: Disk, directory: string, mostBytes: number, mustStay: (file: SegmentFile) => boolean) {
    this.#disk = disk;
    this.#directory = directory;
    this.#mostBytes = mostBytes;
    this.#mustStay = mustStay;
  }

  get files(): SegmentFile[] {
    return [...this.#files().values()].map(({ file }) => file);
  }

  /**
   * Gives the file a second name, here. Not a rename: of one between two directories, POSIX does not say that a power cut
   * leaves either name. To be followed by `sync`, and only then by the removal of the first name.
   */
  put({ path, name }: SegmentFile): void {
    const file = basename(path);
    const target = join(this.#directory, file);
    const { size } = this.#disk.callSync('lstat', path);
    try {
      this.#disk.callSync('link', path, target);
    } catch (error) {
      // Whoever did this before did not come to the removal, or a power cut has undone it.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    this.#files().set(file, { file: { path: target, name }, bytes: size });
  }

  /** What was put here is here for good. */
  sync(): void {
    runSync(this.#disk, syncDirectory(this.#directory));
  }

  /** Removes what is too much. When it returns, it is gone for good. */
  evict(): void {
    const files = this.#files();
    let bytes = 0;
    for (const kept of files.values()) bytes += kept.bytes;
    if (bytes <= this.#mostBytes) return;
    const oldestFirst = [...files].sort(([, a], [, b]) => compareAge(a.file, b.file));
    for (const [file, kept] of oldestFirst) {
      if (bytes <= this.#mostBytes) break;
      if (this.#mustStay(kept.file)) continue;
      try {
        this.#disk.callSync('unlink', kept.file.path);
      } catch (error) {
        // Somebody made space.
        if (!isMissing(error)) throw error;
      }
      files.delete(file);
      bytes -= kept.bytes;
    }
    this.sync();
  }

  #files(): Map<string, Kept> {
    if (this.#kept === undefined) {
      const kept = new Map<string, Kept>();
      for (const file of runSync(this.#disk, listSegments(this.#directory))) {
        const { size } = this.#disk.callSync('lstat', file.path);
        kept.set(basename(file.path), { file, bytes: size });
      }
      this.#kept = kept;
    }
    return this.#kept;
  }
}

/** By the base ids, which are of the time when the segment was made. */
export function compareAge({ name: a }: SegmentFile, { name: b }: SegmentFile): number {
  return a.baseId.high - b.baseId.high || a.baseId.low - b.baseId.low;
}
