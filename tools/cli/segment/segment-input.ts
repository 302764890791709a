/** A segment to be read by itself: without its store, without a lock, and piece by piece. */
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { ioError } from '../../../src/errors.js';
import { nodeDisk } from '../../../src/segment/disk.js';
import { FileScan } from '../../../src/segment/scan-file.js';
import { parseSegmentName, type SegmentName } from '../../../src/segment/segment-name.js';
import { SegmentScanner } from '../../../src/segment/segment-scanner.js';
import type { ScanItem } from '../../../src/segment/sightings.js';
import { runSync } from '../../../src/segment/steps.js';
import type { Writer } from '../../../src/segment/verdict.js';
import { CliError } from '../errors.js';
import { type Holder, holderOf } from '../store/lock-holders.js';
import { requireSegment, unreachable } from '../store/target.js';

/** How a file is to be read. */
interface Known {
  readonly name: SegmentName | undefined;
  readonly writer: Writer;
  /** Of a living writer. */
  readonly holder: Holder | undefined;
  /** Of a segment that a later one cuts off. */
  readonly lastBatch?: number;
}

export class SegmentInput implements Known {
  /** As it was given. */
  readonly path: string;
  readonly size: number;
  readonly name: SegmentName | undefined;
  readonly writer: Writer;
  readonly holder: Holder | undefined;
  readonly lastBatch?: number;
  readonly #fd: number;

  private constructor(path: string, fd: number, known: Known) {
    this.path = path;
    this.#fd = fd;
    this.size = fstatSync(fd).size;
    this.name = known.name;
    this.writer = known.writer;
    this.holder = known.holder;
    if (known.lastBatch !== undefined) this.lastBatch = known.lastBatch;
  }

  /** Throws a sentence for what is no segment. */
  static async open(path: string): Promise<SegmentInput> {
    requireSegment(path);
    let known: Known;
    let fd: number;
    try {
      const real = realpathSync(path);
      known = await knownOf(real);
      fd = openSync(real, 'r');
    } catch (error) {
      throw error instanceof CliError ? error : unreachable(path, error);
    }
    return new SegmentInput(path, fd, known);
  }

  /** A scan from the beginning, which gives what became certain with each read. */
  scan(): Scan {
    return new Scan(this.#fd, this);
  }

  /** Fewer than `length` where the file ends. */
  bytesAt(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - offset)));
    let total = 0;
    try {
      while (total < bytes.length) {
        const read = readSync(this.#fd, bytes, total, bytes.length - total, offset + total);
        if (read === 0) break;
        total += read;
      }
    } catch (error) {
      throw ioError(`cannot read ${this.path}, ${bytes.length} bytes from offset ${offset} on`, error);
    }
    return bytes.subarray(0, total);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

export class Scan {
  readonly scanner: SegmentScanner;
  readonly #scan: FileScan;

  constructor(fd: number, { path, size, writer, name, lastBatch }: SegmentInput) {
    const options = { size, writer, name };
    this.scanner = new SegmentScanner(lastBatch === undefined ? options : { ...options, lastBatch });
    this.#scan = new FileScan(fd, path, this.scanner);
  }

  /** Maybe nothing; undefined at the end, when there is a verdict. Valid until the next call. */
  next(): ScanItem[] | undefined {
    return runSync(nodeDisk, this.#scan.next());
  }
}

async function knownOf(path: string): Promise<Known> {
  const name = parseSegmentName(basename(path));
  if (name?.state === 'sealed') return { name, writer: 'sealed', holder: undefined };
  const holder = name === undefined ? undefined : holderOf(path);
  if (holder !== undefined) return { name, writer: 'live', holder };
  if (name === undefined) return { name, writer: 'gone', holder };
  const { lastBatchBeforeCut } = await import('../../../src/segment/cut-by-later.js');
  const lastBatch = await lastBatchBeforeCut(nodeDisk, path, name, isWritten);
  return lastBatch === undefined
    ? { name, writer: 'gone', holder }
    : { name, writer: 'cut', holder, lastBatch };
}

function isWritten(path: string): boolean {
  try {
    return holderOf(path) !== undefined;
  } catch {
    // It was sealed or moved meanwhile, and is passed over.
    return true;
  }
}
