/** Runs a scanner over an open file, reading as it asks, into one buffer that grows to the longest read. */
import { ioError } from '../errors.js';
import type { SegmentScanner } from './segment-scanner.js';
import type { ScanItem } from './sightings.js';
import { readFully, type Steps } from './steps.js';

export class FileScan {
  readonly #fd: number;
  readonly #path: string;
  readonly #scanner: SegmentScanner;
  #buffer = Buffer.alloc(0);

  /** `path` is for messages. */
  constructor(fd: number, path: string, scanner: SegmentScanner) {
    this.#fd = fd;
    this.#path = path;
    this.#scanner = scanner;
  }

  /** What one more read makes certain, maybe nothing; undefined at the end. The items are valid until the next call. */
  *next(): Steps<ScanItem[] | undefined> {
    const { wanted } = this.#scanner;
    if (wanted === null) return undefined;
    const { offset, length } = wanted;
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafeSlow(length);
    const bytes = this.#buffer.subarray(0, length);
    try {
      const read = yield* readFully(this.#fd, bytes, offset);
      return this.#scanner.push(bytes.subarray(0, read));
    } catch (error) {
      throw ioError(`cannot read ${this.#path}, ${length} bytes from offset ${offset} on`, error);
    }
  }
}
