/** Scans any bytes at all, and checks at each step what must hold whatever they are. */
import { crc32 } from 'node:zlib';
import { SegmentIndex } from '../../../src/reading/segment-index.js';
import { FILE_HEADER, MAX_PAYLOAD_BYTES, RECORD, RECORD_TYPE } from '../../../src/segment/layout.js';
import type { SegmentRecord } from '../../../src/segment/record.js';
import type { SegmentName } from '../../../src/segment/segment-name.js';
import { MAX_READ_BYTES, SegmentScanner } from '../../../src/segment/segment-scanner.js';
import type { ScanItem } from '../../../src/segment/sightings.js';
import type { Verdict, Writer } from '../../../src/segment/verdict.js';
import { must } from '../must.js';
import { isSame, type Seen, seen } from '../segments.js';
import { checkEntryPayload } from './decoders.js';

export interface ScanPlan {
  readonly writer: Writer;
  readonly name: SegmentName | undefined;
  readonly lastBatch: number;
  /** What is said to be the file's size; more than there is makes reads that come short. */
  readonly size: number;
  /** The writer is taken for living at first, while the file has so many bytes. */
  readonly livedUntil?: number | undefined;
  /** Checksums are right, and what they are of was never written: there may be bytes that are nothing. */
  readonly isForged?: boolean;
  readonly reads?: readonly [first: number, longest: number];
}

/** What a scan gave, without views into a buffer. */
export interface Result {
  readonly records: readonly Seen[];
  /** Holes, as they were told. */
  readonly holes: readonly string[];
  readonly verdict: Verdict;
}

const LONGEST_READ = Math.max(MAX_READ_BYTES, RECORD.headerSize + MAX_PAYLOAD_BYTES);
/** Bytes read for each byte there is; a batch longer than a read is read twice, a hole beside a living writer again. */
const MOST_TIMES = 50;

/** Throws when something does not hold. */
export function scanChecked(bytes: Buffer, plan: ScanPlan): Result {
  const { writer, name, lastBatch, reads, livedUntil } = plan;
  const first =
    livedUntil === undefined ? { size: plan.size, writer } : { size: livedUntil, writer: 'live' as const };
  const scanner = new SegmentScanner({ ...first, name, lastBatch, ...(reads && { reads }) });
  const items = new Items(bytes, plan);
  let there = bytes.subarray(0, first.size);
  let hasResumed = livedUntil === undefined;
  let read = 0;
  for (;;) {
    const { wanted } = scanner;
    if (wanted === null) {
      if (hasResumed || !scanner.isWaiting) break;
      hasResumed = true;
      there = bytes;
      scanner.resume({ size: plan.size, writer, lastBatch });
      continue;
    }
    const { offset, length } = wanted;

    must(offset % 8 === 0 && offset >= 0, () => `wants bytes at ${offset}`);
    must(length >= 0 && length <= LONGEST_READ, () => `wants ${length} bytes at once`);
    read += length > there.length ? there.length + 64 : length + 64;
    must(read <= MOST_TIMES * (bytes.length + 1000), () => 'it reads in circles');
    items.take(scanner, scanner.push(there.subarray(offset, offset + length)));
  }
  items.end(scanner.verdict!, scanner.header?.recycled ?? true);
  return { records: items.records, holes: items.holes, verdict: scanner.verdict! };
}

class Items {
  readonly records: Seen[] = [];
  readonly holes: string[] = [];
  readonly #bytes: Buffer;
  readonly #plan: ScanPlan;
  readonly #index = new SegmentIndex();
  /** Everything before it is a record or a hole. */
  #behind: number = FILE_HEADER.size;
  #holeBytes = 0;
  #entries = 0;

  constructor(bytes: Buffer, plan: ScanPlan) {
    this.#bytes = bytes;
    this.#plan = plan;
  }

  take({ header }: SegmentScanner, items: readonly ScanItem[]): void {
    for (const item of items) {
      if (item.kind === 'hole' && item.cause === 'header') {
        must(this.records.length + this.holes.length === 0, () => 'a hole in the header comes late');
      } else this.#follows(item);
      if (item.kind === 'hole') {
        const { cause, before, after, length } = item;
        const most = (before?.batch ?? 0) + 1 + Math.floor(length / RECORD.headerSize);
        must(
          cause !== 'bytes' || after!.batch <= most,
          () => `a hole of ${length} bytes leaps to ${after!.batch}`,
        );
        this.holes.push(JSON.stringify(item));
        this.#holeBytes += item.length;
      } else this.#record(item, header?.segmentId ?? this.#plan.name!.segmentId);
    }
  }

  #follows(item: ScanItem): void {
    const gap = item.offset - this.#behind;
    // Where the file ends may be in the middle of what would be the last record's padding.
    const isEnd = gap < 0 && item.offset === this.#bytes.length;
    // A mark that only the sync of the seal behind it would have made durable; the seal may be lost itself.
    const isLostMark =
      gap === RECORD.headerSize &&
      this.#plan.writer !== 'sealed' &&
      (item.kind === 'record' ? item.type === RECORD_TYPE.seal : item.cause === 'payload');
    must(gap === 0 || isLostMark || isEnd, () => `${item.offset} follows ${this.#behind}`);
    this.#behind = item.kind === 'hole' ? item.offset + item.length : item.end;
    // A file that became shorter may have a hole in what nobody tried to read.
    const [end, most] =
      item.kind === 'hole'
        ? [this.#behind, this.#plan.size]
        : [item.offset + RECORD.headerSize + item.length, this.#bytes.length];
    must(end <= most, () => `${end} is behind the end`);
  }

  #record(record: SegmentRecord, segmentId: Uint8Array): void {
    must(
      holds(this.#bytes, record.offset, segmentId),
      () => `the record at ${record.offset} has a wrong checksum`,
    );
    this.records.push(seen(record));
    this.#index.add(record);
    if (record.type !== RECORD_TYPE.entry) return;
    this.#entries++;
    checkEntryPayload(record.bytes, record.payloadStart, record.payloadEnd);
  }

  end(verdict: Verdict, mayHaveRemains: boolean): void {
    const { kind, reason, records, entries, holes, holeCount, holeBytes, missing, tail } = verdict;
    must(reason !== '', () => 'a verdict says nothing');
    if (kind === 'unreadable' || kind === 'unsupported') {
      must(this.records.length === 0 && holeCount === 0, () => `something came of a file that is ${kind}`);
      return;
    }
    must(records === this.records.length, () => `${records} records of ${this.records.length}`);
    must(entries === this.#entries, () => `${entries} entries of ${this.#entries}`);
    must(holeCount === this.holes.length, () => `${holeCount} holes of ${this.holes.length}`);
    must(holes.length === Math.min(1000, holeCount), () => `${holes.length} holes are listed`);
    must(holeBytes === this.#holeBytes, () => `${holeBytes} bytes in holes of ${this.#holeBytes}`);
    const isDamaged = holeCount > 0 || (missing ?? 0) > 0;
    must((kind === 'damaged') === isDamaged, () => `${kind}, with ${holeCount} holes`);
    if (!this.#plan.isForged) this.#checkRest(verdict, mayHaveRemains);
    must(
      tail === null || this.#plan.writer === 'gone',
      () => `a tail of a writer that is ${this.#plan.writer}`,
    );
  }

  /** What lies behind the last record or hole must be nothing, or a tail that says how much there is. */
  #checkRest({ tail }: Verdict, mayHaveRemains: boolean): void {
    if (this.#plan.writer !== 'gone' || this.records.at(-1)?.type === RECORD_TYPE.seal) return;
    const behind = Math.min(this.#behind, this.#bytes.length);
    // A batch with nothing but its mark is nothing.
    const opened = [0, RECORD.headerSize].map((mark) => behind + mark);
    if (tail !== null) {
      const end = tail.offset + tail.length;
      must(opened.includes(tail.offset), () => `the tail at ${tail.offset} is not at ${behind}`);
      must(tail.length > 0 && end <= this.#plan.size, () => `the tail ends at ${end}`);
      if (!mayHaveRemains) must(isZero(this.#bytes, end), () => 'behind the tail is something');
    } else if (!mayHaveRemains)
      must(
        opened.some((from) => isZero(this.#bytes, from)),
        () => 'behind the end is something, and no tail',
      );
  }
}

/** The checksums of a record, worked out by zlib from what docs/format.md says. */
function holds(bytes: Buffer, offset: number, segmentId: Uint8Array): boolean {
  const place = Buffer.alloc(8);
  place.writeBigUInt64LE(BigInt(offset));
  const seed = crc32(place, crc32(segmentId));
  const length = bytes.readUInt32LE(offset + 8);
  return (
    crc32(bytes.subarray(offset, offset + 28), seed) === bytes.readUInt32LE(offset + 28) &&
    crc32(bytes.subarray(offset + 32, offset + 32 + length), seed) === bytes.readUInt32LE(offset + 24)
  );
}

function isZero(bytes: Buffer, from: number): boolean {
  return bytes.subarray(from).every((byte) => byte === 0);
}

/** Each record is, in every field and byte, what was written at its place. */
export function mustBeOriginal({ records }: Result, originals: ReadonlyMap<number, Seen>): void {
  for (const record of records) {
    const original = originals.get(record.offset);
    must(
      original !== undefined && isSame(record, original),
      () => `what was never written is at ${record.offset}`,
    );
  }
}

export function mustBeEqual(some: Result, other: Result, about: string): void {
  const told = ({ records, holes, verdict }: Result) => JSON.stringify([records, holes, verdict]);
  must(told(some) === told(other), () => `${about}: "${some.verdict.reason}" and "${other.verdict.reason}"`);
}
