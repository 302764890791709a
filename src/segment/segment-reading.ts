/** Reads one segment file from its beginning to its end, as it is when the reading begins. */
import { ioError } from '../errors.js';
import type { Disk } from './disk.js';
import { FileScan } from './scan-file.js';
import type { SegmentFile } from './segment-list.js';
import { SegmentScanner } from './segment-scanner.js';
import type { ScanItem } from './sightings.js';
import { FOR_READING, isMissing, run } from './steps.js';
import type { Verdict, Writer } from './verdict.js';

/** A segment, and what is known about who may still write to it. */
export interface Source extends SegmentFile {
  readonly writer: Writer;
  /** For a writer 'cut': the last batch that exists. */
  readonly lastBatch?: number;
}

export class SegmentReading {
  readonly source: Source;
  readonly #disk: Disk;
  /** Until it is closed. */
  readonly fd: number;
  readonly #scanner: SegmentScanner;
  readonly #scan: FileScan;

  private constructor(disk: Disk, source: Source, fd: number, size: number) {
    this.source = source;
    this.#disk = disk;
    this.fd = fd;
    const { writer, name, lastBatch } = source;
    const options = { size, writer, name };
    this.#scanner = new SegmentScanner(lastBatch === undefined ? options : { ...options, lastBatch });
    this.#scan = new FileScan(fd, source.path, this.#scanner);
  }

  /** Undefined when the segment is gone: it is in the database, or a living writer found that it holds nothing. */
  static async begin(disk: Disk, listed: Source): Promise<SegmentReading | undefined> {
    const opened = await openListed(disk, listed);
    if (opened === undefined) return undefined;
    const [source, fd] = opened;
    try {
      const { size } = await disk.call('fstat', fd);
      return new SegmentReading(disk, source, fd, size);
    } catch (error) {
      await disk.call('close', fd);
      throw ioError(`cannot read ${source.path}`, error);
    }
  }

  /** What became certain with one more read, maybe nothing; undefined at the end. Valid until the next call. */
  next(): Promise<ScanItem[] | undefined> {
    return run(this.#disk, this.#scan.next());
  }

  /** There is one at the end. */
  get verdict(): Verdict | undefined {
    return this.#scanner.verdict;
  }

  async close(): Promise<void> {
    await this.#disk.call('close', this.fd);
  }
}

/** A living writer may have sealed the segment since it was listed, and the compactor may have moved it away. */
async function openListed(disk: Disk, source: Source): Promise<[Source, number] | undefined> {
  const fd = await openIfThere(disk, source.path);
  if (fd !== undefined) return [source, fd];
  if (source.name.state === 'sealed') return undefined;
  const path = source.path.replace(/open$/, 'sealed');
  const sealed = await openIfThere(disk, path);
  if (sealed === undefined) return undefined;
  return [{ path, name: { ...source.name, state: 'sealed' }, writer: 'sealed' }, sealed];
}

async function openIfThere(disk: Disk, path: string): Promise<number | undefined> {
  try {
    return await disk.call('open', path, FOR_READING, 0);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw ioError(`cannot open ${path}`, error);
  }
}
