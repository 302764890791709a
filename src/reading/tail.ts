/**
 * The tail: what is acknowledged and may not be a row yet. Each waiting segment is read once, as it grows, and kept as an
 * index.
 *
 * As long as the machine runs, what was acknowledged is proven by what stands behind it in the file, so nobody needs to
 * know who lives: a dead writer's segment is read as one that is still written. Only its last batch needs more: it counts
 * once the segment is known to be left, and synced.
 */
import { AgentLogError, ioError } from '../errors.js';
import { giveWay, isTurnLong } from '../give-way.js';
import { groupBy } from '../group-by.js';
import type { Disk } from '../segment/disk.js';
import type { SegmentRecord } from '../segment/record.js';
import { FileScan, type ReadBuffer } from '../segment/scan-file.js';
import { listSegments, type SegmentFile } from '../segment/segment-list.js';
import { segmentIdOf } from '../segment/segment-name.js';
import type { Source } from '../segment/segment-reading.js';
import { SegmentScanner } from '../segment/segment-scanner.js';
import { isBadDisk } from '../segment/slot-stream.js';
import { call, isMissing, run, runSync, type Steps } from '../segment/steps.js';
import type { StorePaths } from '../segment/store-directory.js';
import { survey, syncLeftover } from '../segment/survey.js';
import type { Verdict } from '../segment/verdict.js';
import { OpenSegments } from './open-segments.js';
import { Places, SegmentIndex } from './segment-index.js';

interface TailReports {
  /** How a segment ended that was read to its end. */
  read(path: string, verdict: Verdict): void;
  /** The disk could not read a segment; reading goes on behind it. */
  unreadable(path: string, error: Error): void;
  /** A record that was good before can no longer be read. */
  damagedRecord(path: string, offset: number, length: number): void;
}

export interface TailOptions {
  readonly disk: Disk;
  readonly paths: StorePaths;
  readonly reports: TailReports;
  /** Milliseconds after which it is asked whether the writer of an unproven batch lives. */
  readonly patience: number;
  /** Entries whose places are kept at most, but for those in use. */
  readonly mostPlaces?: number | undefined;
}

/** A waiting segment. */
export interface Waiting {
  readonly id: string;
  readonly slot: number;
  readonly index: SegmentIndex;
  /** Nothing more comes in it. */
  readonly isFinished: boolean;
}

/** What is behind the last batch that was proven; most often nothing, or zeros. */
const FIRST_LOOK_BYTES = 64 * 1024;
/** Longer reads would keep the caller's thread for too long. */
const LONGEST_READ_BYTES = 2 * 1024 * 1024;
const MOST_PLACES = 1_000_000;

export class Tail {
  readonly #options: TailOptions;
  readonly #open: OpenSegments;
  readonly #buffer: ReadBuffer = { bytes: Buffer.alloc(0) };
  /** By id, in the order of slots, and of a slot in the order in which they were written. */
  #segments = new Map<string, Segment>();
  #slots = new Map<number, Segment[]>();
  /** Segments that their writers have left: how they are to be read. */
  readonly #settled = new Map<string, Source>();
  /** One thing after the other: the last that is under way, and the refresh that has not begun. */
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;
  #isClosed = false;
  #hasAsked = false;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#open = new OpenSegments(options.disk);
  }

  /** A dead writer has left it, and it is synced. */
  settle(source: Source): void {
    this.#settled.set(segmentIdOf(source.name), source);
  }

  /** Afterwards the index has all that was acknowledged when this was called and has not gone into the database. */
  refresh(): Promise<void> {
    this.#next ??= this.#inTurn(() => {
      this.#next = undefined;
      return this.#refresh();
    });
    return this.#next;
  }

  /** As they are now, in the order of slots, and of a slot in the order in which they were written. */
  get waiting(): readonly Waiting[] {
    return [...this.#segments.values()];
  }

  /** Where its entries stand. Undefined when that was forgotten and the segment is gone. */
  async placesOf({ id, index }: Waiting): Promise<Places | undefined> {
    if (index.places !== undefined) return index.places;
    return this.#inTurn(async () => {
      this.#dropPlaces();
      return index.places ?? (await this.#segments.get(id)?.renewPlaces());
    });
  }

  /** The segment's file; undefined when it is gone. Valid until other segments are read. */
  fileOf({ id }: Waiting): { readonly fd: number; readonly path: string } | undefined {
    if (this.#isClosed) throw closedError();
    const segment = this.#segments.get(id);
    if (segment === undefined) return undefined;
    const fd = this.#open.get(segment.source);
    return fd === undefined ? undefined : { fd, path: segment.source.path };
  }

  /** Whether the file was let go of since the last refresh. */
  isGone({ id }: Waiting): boolean {
    const path = this.#segments.get(id)?.source.path;
    return path === undefined || runSync(this.#options.disk, isGone(path));
  }

  /** A record was good and no longer is, unless its segment was let go of. */
  reportIfThere(waiting: Waiting, offset: number, length: number): void {
    const file = this.fileOf(waiting);
    if (file !== undefined) this.#options.reports.damagedRecord(file.path, offset, length);
  }

  async close(): Promise<void> {
    const closed = this.#inTurn(async () => {
      this.#segments.clear();
      this.#open.closeAll();
    });
    this.#isClosed = true;
    await closed;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(closedError());
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #refresh(): Promise<void> {
    try {
      await this.#readAllThatWaits();
    } catch (error) {
      if (error instanceof AgentLogError) throw error;
      throw ioError(`cannot read what is in ${this.#options.paths.segments}`, error);
    }
  }

  async #readAllThatWaits(): Promise<void> {
    const { disk, paths } = this.#options;
    const files = runSync(disk, listSegments(paths.segments));
    this.#keep(files);
    await this.#readAll(files.map((file) => this.#sourceOf(file)));
    await this.#readWhatIsLeft();
    this.#dropPlaces();
    if (this.#buffer.bytes.length > LONGEST_READ_BYTES) this.#buffer.bytes = Buffer.alloc(0);
  }

  /** Those that are listed: what is not is in the database, or never held anything. */
  #keep(files: readonly SegmentFile[]): void {
    const kept = new Map<string, Segment>();
    for (const file of files) {
      const id = segmentIdOf(file.name);
      kept.set(id, this.#segments.get(id) ?? new Segment(this.#options, this.#open, this.#buffer, file));
    }
    for (const id of this.#segments.keys()) {
      if (kept.has(id)) continue;
      this.#open.close(id);
      this.#settled.delete(id);
    }
    this.#segments = kept;
    this.#slots = groupBy(kept.values(), ({ slot }) => slot);
  }

  #sourceOf(file: SegmentFile): Source {
    if (file.name.state === 'sealed') return { ...file, writer: 'sealed' };
    return this.#settled.get(segmentIdOf(file.name)) ?? { ...file, writer: 'live' };
  }

  async #readAll(sources: readonly Source[]): Promise<void> {
    for (const source of sources) await this.#segments.get(segmentIdOf(source.name))?.read(source);
  }

  /** The last batches of writers that are gone. */
  async #readWhatIsLeft(): Promise<void> {
    const { disk, paths } = this.#options;
    const growing = this.#growing();
    for (const segment of growing) {
      const source = asLeft(segment, this.#behind(segment));
      // What cannot be synced counts as far as it is proven.
      if (source === undefined || (await syncLeftover(disk, source.path)) !== undefined) continue;
      this.settle(source);
      await segment.read(source);
    }
    // At first a batch may be from before a power cut, which took what proved it.
    const patience = this.#hasAsked ? this.#options.patience : 0;
    this.#hasAsked = true;
    const stuck = growing.filter((segment) => segment.isStuckFor(patience));
    if (stuck.length === 0) return;
    for (const segment of stuck) segment.waitOn();
    const { sources } = await survey(disk, paths);
    const gone = sources.filter(({ writer }) => writer === 'gone' || writer === 'cut');
    for (const source of gone) this.settle(source);
    await this.#readAll(gone);
  }

  #growing(): Segment[] {
    return [...this.#segments.values()].filter(({ isFinished }) => !isFinished);
  }

  /** What its slot has behind it. */
  #behind(segment: Segment): Segment[] {
    const slot = this.#slots.get(segment.slot) ?? [];
    return slot.slice(slot.indexOf(segment) + 1);
  }

  /** The oldest first: what was written last is asked for most. */
  #dropPlaces(): void {
    let places = 0;
    for (const { index } of this.#segments.values()) places += index.places?.entries ?? 0;
    for (const segment of this.#segments.values()) {
      if (places <= (this.#options.mostPlaces ?? MOST_PLACES)) return;
      places -= segment.dropPlaces();
    }
  }
}

/** One segment, and how far it has been read. */
class Segment implements Waiting {
  readonly id: string;
  readonly slot: number;
  readonly index = new SegmentIndex();
  readonly #options: TailOptions;
  readonly #open: OpenSegments;
  readonly #buffer: ReadBuffer;
  #source: Source;
  #scanner: SegmentScanner | undefined;
  #scan: FileScan | undefined;
  #isFinished = false;
  /** Where the batch ends that nothing proves, and since when that is so. */
  #stuck: { readonly end: number; readonly since: number } | undefined;

  constructor(options: TailOptions, open: OpenSegments, buffer: ReadBuffer, file: SegmentFile) {
    this.#options = options;
    this.#open = open;
    this.#buffer = buffer;
    this.#source = { ...file, writer: 'live' };
    this.id = segmentIdOf(file.name);
    this.slot = file.name.slot;
  }

  get source(): Source {
    return this.#source;
  }

  /** Nothing more comes in it. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  isStuckFor(milliseconds: number): boolean {
    return this.#stuck !== undefined && performance.now() - this.#stuck.since >= milliseconds;
  }

  /** Its writer was asked about a moment ago. */
  waitOn(): void {
    if (this.#stuck !== undefined) this.#stuck = { ...this.#stuck, since: performance.now() };
  }

  /** Reads what has become certain since the last time. */
  async read(source: Source): Promise<void> {
    this.#source = source;
    if (this.#isFinished) return;
    const fd = this.#open.hold(source);
    // Somebody has brought it into the database meanwhile.
    if (fd === undefined) return;
    try {
      await this.#readOn(source, fd);
    } catch (error) {
      // A place that the disk cannot read is an end; anything else would hide what can be read.
      if (!isBadDisk(error as Error)) throw error;
      this.#isFinished = true;
      this.#options.reports.unreadable(source.path, error as Error);
    } finally {
      this.#open.release();
    }
  }

  /** How many there were. */
  dropPlaces(): number {
    const { places } = this.index;
    if (!this.#isFinished || places === undefined) return 0;
    this.index.places = undefined;
    return places.entries;
  }

  /** Of what can be read now: some of it may have become damaged since the first time. Undefined when the file is gone. */
  async renewPlaces(): Promise<Places | undefined> {
    const { disk, reports } = this.#options;
    const { source } = this;
    const fd = this.#open.hold(source);
    if (fd === undefined) return undefined;
    const places = new Places();
    try {
      const { size } = disk.callSync('fstat', fd);
      const scanner = scannerOf(source, size);
      const scan = new FileScan(fd, source.path, scanner, this.#buffer);
      await this.#give(scan, (record) => places.add(record));
      this.index.places = places;
      reports.read(source.path, scanner.verdict!);
      return places;
    } catch (error) {
      if (!isBadDisk(error as Error)) throw error;
      reports.unreadable(source.path, error as Error);
      return places;
    } finally {
      this.#open.release();
    }
  }

  async #readOn(source: Source, fd: number): Promise<void> {
    const { disk, reports } = this.#options;
    const isLive = source.writer === 'live';
    const { size } = disk.callSync('fstat', fd);
    // Ahead of the writer lies much space that is written with zeros.
    let look = FIRST_LOOK_BYTES;
    for (;;) {
      const end = isLive ? Math.min(size, (this.#scanner?.unproven.end ?? 0) + look) : size;
      const isNew = this.#prepare(source, fd, end);
      const scanner = this.#scanner!;
      await this.#give(this.#scan!, (record) => this.index.add(record));
      if (!scanner.isWaiting) {
        this.#isFinished = true;
        this.#stuck = undefined;
        this.#scanner = undefined;
        this.#scan = undefined;
        reports.read(source.path, scanner.verdict!);
        return;
      }
      // A read had failed before, so it went on where that was.
      if (!isNew) continue;
      const { unproven } = scanner;
      const hasSeenAll = unproven.end <= end - FIRST_LOOK_BYTES / 2 && !unproven.isFollowed;
      if (end === size || hasSeenAll) {
        this.#noteStuck(unproven.isBatch ? unproven.end : undefined);
        return;
      }
      look = Math.max(look * 2, unproven.end - end + FIRST_LOOK_BYTES);
    }
  }

  /** False when the last scan has not come to its end. */
  #prepare(source: Source, fd: number, size: number): boolean {
    if (this.#scanner === undefined || this.#scan === undefined) {
      this.#scanner = scannerOf(source, size);
      this.#scan = new FileScan(fd, source.path, this.#scanner, this.#buffer);
      return true;
    }
    this.#scan.fd = fd;
    if (!this.#scanner.isWaiting) return false;
    const { writer, lastBatch } = source;
    this.#scanner.resume(lastBatch === undefined ? { size, writer } : { size, writer, lastBatch });
    return true;
  }

  async #give(scan: FileScan, to: (record: SegmentRecord) => void): Promise<void> {
    const { disk } = this.#options;
    // What was written a moment ago is in memory; further back the disk may be asked.
    for (let isFirst = true; ; isFirst = false) {
      const items = isFirst ? runSync(disk, scan.next()) : await run(disk, scan.next());
      if (items === undefined) return;
      for (const [i, item] of items.entries()) {
        if (item.kind === 'record') to(item);
        if (i % 64 === 0 && isTurnLong()) await giveWay();
      }
    }
  }

  #noteStuck(end: number | undefined): void {
    if (end === undefined) this.#stuck = undefined;
    else if (this.#stuck?.end !== end) this.#stuck = { end, since: performance.now() };
  }
}

/**
 * A segment behind which its slot has another one that holds something: nothing more comes in it. Its writer has gone on,
 * or given it up and said so in the next one, or died, and whoever took its slot has looked after it before.
 */
function asLeft({ id, source }: Segment, behind: readonly Segment[]): Source | undefined {
  if (!behind.some(({ index }) => index.hasRecords)) return undefined;
  for (const { index } of behind) {
    const cut = index.cuts.find((one) => segmentIdOf(one) === id);
    if (cut !== undefined) return { ...source, writer: 'cut', lastBatch: cut.lastBatch };
  }
  return { ...source, writer: 'gone' };
}

function* isGone(path: string): Steps<boolean> {
  // Its writer may have sealed it.
  for (const one of [path, path.replace(/open$/, 'sealed')]) {
    try {
      yield* call('lstat', one);
      return false;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return true;
}

function closedError(): AgentLogError {
  return new AgentLogError('AGENTLOG_CLOSED', 'the store was closed');
}

function scannerOf({ name, writer, lastBatch }: Source, size: number): SegmentScanner {
  const reads = [FIRST_LOOK_BYTES, LONGEST_READ_BYTES] as const;
  const options = { size, name, writer, reads };
  return new SegmentScanner(lastBatch === undefined ? options : { ...options, lastBatch });
}
