/** Runs a scanner over an open file, reading as it asks, into one buffer that grows to the longest read. */
import { ioError } from '../errors.js';
import type { SegmentScanner } from './segment-scanner.js';
import type { ScanItem } from './sightings.js';
import { readFully, type Steps } from './steps.js';

/** May serve several scans, of which only one is under way at a time. */
export interface ReadBuffer {
  bytes: Buffer;
}

export class FileScan {
  /** Of the file; another one after it was closed and opened again. */
  fd: number;
  readonly #path: string;
  readonly #scanner: SegmentScanner;
  readonly #buffer: ReadBuffer;

  /** `path` is for messages. */
  constructor(
    fd: number,
    path: string,
    scanner: SegmentScanner,
    buffer: ReadBuffer = { bytes: Buffer.alloc(0) },
  ) {
    this.fd = fd;
    this.#path = path;
    this.#scanner = scanner;
    this.#buffer = buffer;
  }

  /** What one more read makes certain, maybe nothing; undefined at the end. The items are valid until the next call. */
  *next(): Steps<ScanItem[] | undefined> {
    const { wanted } = this.#scanner;
    if (wanted === null) return undefined;
    const { offset, length } = wanted;
    if (this.#buffer.bytes.length < length) this.#buffer.bytes = Buffer.allocUnsafeSlow(length);
    const bytes = this.#buffer.bytes.subarray(0, length);
    try {
      const read = yield* readFully(this.fd, bytes, offset);
      return this.#scanner.push(bytes.subarray(0, read));
    } catch (error) {
      throw ioError(`cannot read ${this.#path}, ${length} bytes from offset ${offset} on`, error);
    }
  }
}
