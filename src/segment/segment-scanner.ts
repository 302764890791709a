/**
 * Reads a segment from its bytes: the records that count, the holes, and in the end the verdict.
 *
 * The scanner does no I/O. It says which bytes it wants, is given them, and answers with what has become certain. It
 * may want bytes again: those of a batch that the end of a read has cut in two, those of a batch longer than a read
 * once that is proven, and a hole in a living writer's file, which may only have been read too early.
 *
 * It holds no more than one read (at most MAX_READ_BYTES, or one record if that is longer) and what was found in it.
 */
import { CrcSeed } from './crc.js';
import { type FileHeader, type HeaderReading, readFileHeader } from './file-header.js';
import { align, FILE_HEADER, FORMAT_VERSION, RECORD_TYPE } from './layout.js';
import type { SegmentRecord } from './record.js';
import { RecordWalk, type Window } from './record-walk.js';
import { ScanTally } from './scan-tally.js';
import type { SegmentName } from './segment-name.js';
import { type Restart, type ScanItem, Sightings } from './sightings.js';
import {
  conclude,
  END,
  type Ending,
  HEADER,
  HOLE,
  holeOf,
  type LastBatch,
  type Tail,
  type Verdict,
  type Writer,
} from './verdict.js';
import { lastNonZero } from './zeros.js';

const READ_BYTES = 256 * 1024;
export const MAX_READ_BYTES = 4 * 1024 * 1024;

export interface ScanOptions {
  /** Bytes of the file that may be read. */
  readonly size: number;
  readonly writer: Writer;
  /** What the file's name says; it stands in for a header that cannot be read. */
  readonly name?: SegmentName | undefined;
  /** For a writer `cut`: the last batch that exists. */
  readonly lastBatch?: number;
  /** How long a read is at first, and at most but for a longer record; multiples of eight, from 64 on. */
  readonly reads?: readonly [first: number, longest: number];
}

/** `offset` is a multiple of eight. `length` is zero when all has been read and only the end is left to be judged. */
export interface Wanted {
  readonly offset: number;
  readonly length: number;
}

export class SegmentScanner {
  readonly #name: SegmentName | undefined;
  #size: number;
  #writer: Writer;
  #lastBatch: number;
  #header: FileHeader | undefined;
  #seed: CrcSeed | undefined;

  /** Everything before it has been judged and handed out. */
  #walk = new RecordWalk();
  /** The look ahead for the proof of a batch that is longer than a read, and that batch. */
  #ahead: { walk: RecordWalk; awaited: number } | undefined;
  /** Batches up to this one were on disk before anything else was written. */
  #proven: number;
  #readLength: number;
  readonly #longestRead: number;
  /** The last byte that is not zero behind the last record, or -1. */
  #lastNonZero = -1;
  readonly #tally = new ScanTally();
  #verdict: Verdict | undefined;
  #waiting = false;
  /** What stands behind the records that were handed out, when the end of a live file was reached. */
  #unproven: Unproven = NOTHING;

  constructor({ size, writer, name, lastBatch, reads = [READ_BYTES, MAX_READ_BYTES] }: ScanOptions) {
    [this.#readLength, this.#longestRead] = reads;
    this.#size = size;
    this.#writer = writer;
    this.#name = name;
    this.#lastBatch = lastBatchOf(writer, lastBatch);
    this.#proven = writer === 'cut' || writer === 'sealed' ? this.#lastBatch : 0;
  }

  /** The file's header, once it was read; undefined when it cannot be. */
  get header(): FileHeader | undefined {
    return this.#header;
  }

  /** The end of a live file was reached: it may `resume`. */
  get isWaiting(): boolean {
    return this.#waiting;
  }

  /** Of a live file whose end was reached. */
  get unproven(): Unproven {
    return this.#unproven;
  }

  /** There is one as soon as nothing more is wanted. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** What to read next, or null when the end is reached. */
  get wanted(): Wanted | null {
    return this.#verdict === undefined ? this.#next : null;
  }

  /** Goes on after the end of a live file was reached: it has grown, or its writer is gone. */
  resume({ size, writer, lastBatch }: Omit<ScanOptions, 'name' | 'reads'>): void {
    if (!this.#waiting) throw new Error('only the scan of a live segment can go on');
    this.#waiting = false;
    this.#unproven = NOTHING;
    this.#verdict = undefined;
    this.#size = size;
    this.#writer = writer;
    this.#lastBatch = lastBatchOf(writer, lastBatch);
    if (writer === 'cut' || writer === 'sealed') this.#proven = this.#lastBatch;
  }

  /** Takes the bytes that were wanted; fewer mean that the file ends there. The answer holds until the next call. */
  push(bytes: Buffer): ScanItem[] {
    const items: ScanItem[] = [];
    const { offset, length } = this.#next;
    if (bytes.length < length) this.#size = offset + bytes.length;
    if (this.#seed === undefined && this.#writer === 'live' && bytes.length < FILE_HEADER.size) {
      this.#waiting = true;
      this.#finish('live', null);
      return items;
    }
    this.#seed ??= this.#readHeader(bytes, items);
    if (this.#seed !== undefined) {
      this.#read({ bytes, origin: offset, size: this.#size, seed: this.#seed }, items);
    }
    return items;
  }

  get #next(): Wanted {
    const offset = this.#seed === undefined ? 0 : (this.#ahead?.walk ?? this.#walk).position;
    return { offset, length: Math.max(0, Math.min(this.#readLength, this.#size - offset)) };
  }

  #readHeader(bytes: Buffer, items: ScanItem[]): CrcSeed | undefined {
    const reading = readFileHeader(bytes);
    const { kind } = reading;
    const another = kind === 'good' && this.#name !== undefined && !sameId(reading.header, this.#name);
    const decision = HEADER[another ? "another's" : kind][this.#name === undefined ? 'nameless' : 'named'];
    if (kind === 'good' && decision === 'read') {
      this.#header = reading.header;
      return new CrcSeed(reading.header.segmentId);
    }
    if (decision === 'damage, but read') {
      const damage = holeOf('header', 0, Math.min(FILE_HEADER.size, this.#size));
      this.#tally.add(damage);
      items.push(damage);
      return new CrcSeed(this.#name!.segmentId);
    }
    this.#finish(kind === 'unsupported' ? kind : 'unreadable', null, aboutHeader(reading));
    return undefined;
  }

  #read(window: Window, items: ScanItem[]): void {
    const ahead = this.#ahead;
    const walk = ahead?.walk ?? this.#walk.copy();
    const sightings = new Sightings();
    const provenBefore = this.#proven;
    const stop = this.#goThrough(window, walk, ahead === undefined ? sightings : undefined);
    if (walk.holeStart >= 0 || stop === 'end') this.#noteNonZero(window, walk.frontier);
    const end = stop === 'end' ? END[this.#writer][this.#describeLastBatch(walk)] : undefined;
    if (end === 'count it') this.#proven = walk.lastBatch;

    if (ahead !== undefined) {
      if (ahead.awaited <= this.#proven)
        this.#ahead = undefined; // back to the beginning of what is now proven
      else if (stop === 'more') this.#planNextRead(window, walk);
      else this.#reachEnd(stop, end, walk, items);
      return;
    }
    const uncertain = sightings.firstUncertain((restart) => this.#isUncertain(restart, provenBefore));
    for (const item of sightings.before(uncertain)) {
      this.#tally.add(item);
      items.push(item);
    }
    this.#walk = uncertain?.walk ?? walk;
    if (uncertain !== undefined && this.#required(uncertain) <= this.#proven) return; // a hole, to be read again
    if (stop !== 'more') this.#reachEnd(stop, end, walk, items);
    else if (uncertain !== undefined && items.length === 0) this.#seeMore(walk, this.#required(uncertain));
    else this.#planNextRead(window, walk);
  }

  /** Takes `walk` through all of the window and notes what it meets, and what that proves. */
  #goThrough(window: Window, walk: RecordWalk, sightings: Sightings | undefined): Stop {
    for (;;) {
      const record = walk.next(window);
      if (record === 'more' || record === 'end') return record;
      const pastCut = record.batch > this.#lastBatch;
      const judgement = walk.judge(record, window);
      const isRottenSeal = record.type === RECORD_TYPE.seal && judgement !== 'record';
      if (this.#writer === 'live' && (isRottenSeal || this.#hasLostOnlyAMark(walk, record))) {
        // Only what becomes of the writer tells whether that is damage. What is sealed is whole in any case.
        this.#proven = Math.max(this.#proven, record.batch - 1);
        return 'end';
      }
      if (walk.holeStart >= 0 && !this.#isNothing(walk, record)) sightings?.addHole(walk, record);
      if (pastCut) return 'cut';

      if (judgement === 'record') sightings?.addRecord(walk, record);
      else sightings?.addLostRecord(walk, record, window.size);
      // A seal that was not synced may be there in part; one that is behind the file's name was.
      const sealed = record.type === RECORD_TYPE.seal && (!isRottenSeal || this.#writer === 'sealed');
      this.#proven = Math.max(this.#proven, sealed ? record.batch : record.batch - 1);
      walk.pass(record, judgement);
      if (sealed) return 'sealed';
    }
  }

  /** Whether nothing that counts can have been in the hole that `walk` has crossed in front of `record`. */
  #isNothing(walk: RecordWalk, record: SegmentRecord): boolean {
    const behindCut = record.batch > this.#lastBatch && walk.batch > this.#lastBatch;
    // Only the sync of the seal makes the mark before it durable: a power cut in between may leave the seal alone.
    return behindCut || (this.#writer !== 'sealed' && this.#hasLostOnlyAMark(walk, record));
  }

  /** `record` is the seal, and nothing but the mark in front of it cannot be read. */
  #hasLostOnlyAMark(walk: RecordWalk, record: SegmentRecord): boolean {
    return walk.holeStart >= 0 && record.type === RECORD_TYPE.seal && walk.hasLostOnlyAMark(record);
  }

  #isUncertain(restart: Restart, provenBefore: number): boolean {
    if (restart.batch > this.#proven) return true;
    if (restart.hole === null) return false;
    const readAfterProof = this.#required(restart) <= provenBefore;
    const time = readAfterProof ? 'live, read after the proof' : 'live, read before the proof';
    return HOLE[this.#writer === 'live' ? time : 'not live'] === 'read again';
  }

  /** The batch that must be proven. A hole in a live file may reach into the batch of the record behind it. */
  #required({ batch, hole, reaches }: Restart): number {
    return hole !== null && this.#writer === 'live' ? Math.max(batch, reaches) : batch;
  }

  #planNextRead({ origin }: Window, walk: RecordWalk): void {
    this.#readLength = Math.min(this.#readLength, this.#longestRead);
    if (walk.position === origin) this.#readLength = Math.max(this.#readLength, align(walk.needed));
  }

  /** One read shows no end of the batch that it begins with: longer reads, and at last a look ahead. */
  #seeMore(walk: RecordWalk, awaited: number): void {
    if (this.#readLength < this.#longestRead)
      this.#readLength = Math.min(this.#longestRead, this.#readLength * 2);
    else this.#ahead = { walk, awaited };
  }

  #describeLastBatch(walk: RecordWalk): LastBatch {
    if (this.#writer === 'cut' && walk.lastBatch < this.#lastBatch) return 'has no end';
    return walk.describeLastBatch(this.#proven);
  }

  #reachEnd(stop: Stop, end: EndDecision | undefined, walk: RecordWalk, items: ScanItem[]): void {
    if (stop === 'sealed' || stop === 'cut') {
      this.#finish(stop, null);
    } else if (end === 'wait') {
      this.#ahead = undefined;
      this.#unproven = {
        end: walk.frontier,
        isBatch: !['none', 'only its mark'].includes(walk.describeLastBatch(this.#proven)),
        isFollowed: this.#lastNonZero >= walk.frontier,
      };
      this.#walk = this.#walk.beforeHole();
      this.#waiting = true;
      this.#finish('live', null);
    } else if (end === 'damage') {
      const start = Math.min(walk.frontier, this.#size);
      const damage = holeOf('end', start, this.#size - start, { before: walk.lastRecord });
      this.#tally.add(damage);
      items.push(damage);
      this.#finish('gone', null);
    } else {
      const torn = end === 'torn';
      const start = Math.min(torn ? this.#walk.frontier : walk.frontier, this.#size);
      this.#finish(this.#writer === 'cut' ? 'cut' : 'gone', this.#tailFrom(start, walk, torn));
    }
  }

  /** What lies behind the last record that counts, if it is anything but unwritten space. */
  #tailFrom(offset: number, walk: RecordWalk, torn: boolean): Tail | null {
    if (this.#writer === 'cut') return null;
    // In a recycled file, and in one without a header to tell, what is not zero may be from an older life.
    const written = this.#header?.recycled === false ? this.#lastNonZero + 1 : 0;
    const end = Math.min(this.#size, Math.max(walk.frontier, written));
    if (end <= offset) return null;
    return { offset, length: end - offset, records: torn ? walk.recordsInBatch : 0 };
  }

  #noteNonZero({ bytes, origin }: Window, from: number): void {
    const last = lastNonZero(bytes, Math.max(0, from - origin));
    if (last >= 0) this.#lastNonZero = origin + last;
  }

  #finish(ending: Ending, tail: Tail | null, about = ''): void {
    this.#verdict = conclude(ending, this.#tally.result, tail, about);
  }
}

/** What a live file holds behind the last batch that is proven. */
export interface Unproven {
  /** Where the last record ends that could be made out; more than was read, if it is cut off there. */
  readonly end: number;
  /** There are records of a batch, not only the mark that opens one. */
  readonly isBatch: boolean;
  /** Behind `end` stands something that is no record, and not zero. */
  readonly isFollowed: boolean;
}

const NOTHING: Unproven = { end: 0, isBatch: false, isFollowed: false };

/** Why a walk through the bytes at hand came to its end. */
type Stop = 'more' | 'end' | 'sealed' | 'cut';

type EndDecision = (typeof END)[Writer][LastBatch];

function lastBatchOf(writer: Writer, lastBatch: number | undefined): number {
  return writer === 'cut' ? (lastBatch ?? 0) : Number.POSITIVE_INFINITY;
}

function sameId(a: { segmentId: Uint8Array }, b: { segmentId: Uint8Array }): boolean {
  return Buffer.compare(a.segmentId, b.segmentId) === 0;
}

function aboutHeader(reading: HeaderReading): string {
  if (reading.kind !== 'unsupported') {
    return 'no segment, or one whose header is damaged and whose name does not tell what it is';
  }
  if (reading.version === FORMAT_VERSION && reading.incompatible === 0) {
    return 'of format version 1, but with a header of another length than this agentlog knows';
  }
  return reading.version === FORMAT_VERSION
    ? `needs features that this agentlog does not know (0x${reading.incompatible.toString(16)})`
    : `of format version ${reading.version}, and this agentlog reads version ${FORMAT_VERSION}`;
}
