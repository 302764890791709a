/** Descriptors of the segments that are read: some stay open, as one that is read is often read again. */
import { ioError } from '../errors.js';
import type { Disk } from '../segment/disk.js';
import { segmentIdOf } from '../segment/segment-name.js';
import type { Source } from '../segment/segment-reading.js';
import { FOR_READING, isMissing } from '../segment/steps.js';

const MOST_OPEN = 64;

export class OpenSegments {
  readonly #disk: Disk;
  /** By segment id, the one used longest ago first. */
  readonly #open = new Map<string, number>();
  #inUse: string | undefined;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Valid until the next call, or until `done`. Undefined when the segment is no longer where it was. */
  get(source: Source): number | undefined {
    const id = segmentIdOf(source.name);
    const fd = this.#open.get(id) ?? this.#find(source);
    if (fd === undefined) return undefined;
    this.#open.delete(id);
    this.#open.set(id, fd);
    if (this.#open.size > MOST_OPEN) this.#closeOldest();
    return fd;
  }

  /** As `get`; it stays open meanwhile. For one segment at a time. */
  hold(source: Source): number | undefined {
    this.#inUse = segmentIdOf(source.name);
    return this.get(source);
  }

  release(): void {
    this.#inUse = undefined;
  }

  close(segmentId: string): void {
    const fd = this.#open.get(segmentId);
    if (fd === undefined || segmentId === this.#inUse) return;
    this.#open.delete(segmentId);
    this.#disk.callSync('close', fd);
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id);
  }

  #closeOldest(): void {
    for (const id of this.#open.keys()) {
      if (id === this.#inUse) continue;
      this.close(id);
      return;
    }
  }

  /** Its writer may have sealed it since it was listed, and the compactor may have moved it away. */
  #find({ path, name }: Source): number | undefined {
    const fd = this.#openIfThere(path);
    if (fd !== undefined || name.state === 'sealed') return fd;
    return this.#openIfThere(path.replace(/open$/, 'sealed'));
  }

  #openIfThere(path: string): number | undefined {
    try {
      return this.#disk.callSync('open', path, FOR_READING, 0);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw ioError(`cannot open ${path}`, error);
    }
  }
}
