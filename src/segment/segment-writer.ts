/**
 * Writes the entries of one handle into segments, in batches: one is on its way to the disk while the next collects.
 *
 * The order of things for a batch: its records are written at an explicit place, synced, followed by a mark of the next
 * batch, and only then its promises resolve. `appendSync` does not wait for a batch that is on its way: it writes the
 * same bytes to the same place, syncs them through a file description of its own, and goes on with what has collected.
 *
 * After a call that failed, the segment is given up, because the kernel may have dropped what it could not write and
 * will not say so again. The next segment begins with a cut, which says where the old one ends for everybody.
 */
import { performance } from 'node:perf_hooks';
import type { Deletion } from '../deletion.js';
import type { CheckedEntry } from '../entry.js';
import { formatId, type IdHalves } from '../entry-id.js';
import { AgentLogError, ioError, isDiskFull } from '../errors.js';
import { BatchEncoder } from './batch-encoder.js';
import type { Disk } from './disk.js';
import { recordSize } from './layout.js';
import type { OpenSegment } from './open-segment.js';
import { OwnSegments, type PendingCut, type SegmentOptions } from './own-segments.js';
import { PendingBatch } from './pending-batch.js';
import { call, run, runSync, type Steps, writeFully, writeZeros } from './steps.js';

/** When a batch has become this long, the next one begins to collect. */
const BATCH_BYTES = 1024 * 1024;
/** How often a batch is tried: once more in a new segment after its own was given up. */
const ATTEMPTS = 2;
const MARK_BYTES = recordSize(0);
/**
 * How often it is checked that the file has not been deleted under the writer. Not after every batch: a file whose
 * times were looked at must have new ones recorded with the next write, which makes a sync half as slow again.
 */
const CHECK_PAUSE_MS = 1000;

/** A batch on its way to the disk. */
interface Flight {
  readonly batch: PendingBatch;
  readonly segment: OpenSegment;
  readonly offset: number;
  readonly number: number;
  readonly bytes: Buffer;
  /** Cuts that stand before the batch's own records. */
  readonly cuts: readonly PendingCut[];
  /** `appendSync` has seen to it, well or badly: what the calls under way say no longer matters. */
  overtaken: boolean;
}

export class SegmentWriter {
  readonly #options: SegmentOptions;
  readonly #disk: Disk;
  readonly #segments: OwnSegments;
  #queue: PendingBatch[] = [];
  #flight: Flight | undefined;
  #pumping: Promise<void> | undefined;
  #acknowledged = 0;
  /** Why something that only a flush waits for was rejected, until a flush says so. */
  #lost: AgentLogError | undefined;
  #pendingBytes = 0;
  /** Of the last batch; kept because a new buffer for every batch costs more than what it holds. */
  #freeEncoder: BatchEncoder | undefined;

  constructor(options: SegmentOptions) {
    this.#options = options;
    this.#disk = options.disk;
    this.#segments = new OwnSegments(options);
  }

  /** Bytes that were taken and are neither acknowledged nor rejected. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Entries that were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  append(entry: CheckedEntry): Promise<string> {
    const id = this.#options.slot.next();
    const batch = this.#collect((collecting) => collecting.add(entry, id));
    this.#pumping ??= this.#pump();
    return batch.promise.then(() => textOf(id));
  }

  /** All of them or none, also after a crash. At least one. */
  appendGroup(entries: readonly CheckedEntry[]): Promise<string[]> {
    const ids = entries.map(() => this.#options.slot.next());
    const batch = this.#collect((collecting) => collecting.addGroup(entries, ids));
    this.#pumping ??= this.#pump();
    return batch.promise.then(() => ids.map(textOf));
  }

  /** Resolves when the deletes are on disk. They stand before all entries of a segment, where readers look for them. */
  appendDeletes(requests: readonly Deletion[]): Promise<void> {
    const last = this.#queue.at(-1);
    const joins = last?.beginsSegment && last.entries === 0 && last.size < BATCH_BYTES;
    const batch = joins ? last : new PendingBatch(new BatchEncoder());
    const before = batch.size;
    for (const request of requests) batch.addDelete(request, this.#options.slot.next());
    this.#pendingBytes += batch.size - before;
    if (!joins) this.#queue.push(batch);
    this.#pumping ??= this.#pump();
    return batch.promise;
  }

  /** For an entry whose fate nobody waits for: the next flush fails if it does not get to the disk. */
  write(entry: CheckedEntry): Promise<string> {
    const written = this.append(entry);
    this.#queue.at(-1)!.isAwaitedByFlush = true;
    return written;
  }

  /** On disk when it returns. */
  appendSync(entry: CheckedEntry): string {
    const id = this.#options.slot.next();
    const batch = this.#collect((collecting) => collecting.add(entry, id));
    this.#writeNow();
    if (batch.failure !== undefined) throw batch.failure;
    return textOf(id);
  }

  /** Resolves when everything so far is on disk; rejects if anything that was on its way did not get there. */
  async flush(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#pending.map(({ promise }) => promise));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    this.#throwLost(failed?.reason);
  }

  /** Everything so far is on disk when it returns. */
  flushSync(): void {
    const batches = this.#pending;
    this.#writeNow();
    this.#throwLost(batches.find(({ failure }) => failure !== undefined)?.failure);
  }

  /** Everything so far is in sealed segments when it resolves, but for what could not be written. */
  async seal(): Promise<void> {
    await Promise.allSettled(this.#pending.map(({ promise }) => promise));
    const segment = this.#segments.current;
    if (segment !== undefined && segment.lastSynced > 0) await this.#segments.finished(segment);
    // Of earlier segments, too.
    await this.#segments.settled();
  }

  /** Writes what waits, seals the segment and gives the slot up. */
  async close(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
    await this.#writeCuts();
    await this.#segments.close();
    try {
      await this.#options.slot.close();
    } catch (error) {
      this.#options.onProblem(ioError('the slot could not be given up', error));
    }
  }

  /** Once: with it what was cut off is gone for good; without it, whether it counts stays open. */
  async #writeCuts(): Promise<void> {
    if (this.#segments.cuts.length === 0) return;
    const batch = new PendingBatch(new BatchEncoder());
    batch.attempts = ATTEMPTS;
    this.#queue.push(batch);
    // A segment that is in use has room for cuts at its beginning no more.
    if (this.#segments.current !== undefined && this.#segments.current.batch > 1)
      this.#segments.finish(this.#segments.current);
    await this.#pump();
  }

  /** Adds to the batch that collects, or to a new one. */
  #collect(add: (batch: PendingBatch) => void): PendingBatch {
    const last = this.#queue.at(-1);
    const batch =
      last === undefined || last.size >= BATCH_BYTES
        ? new PendingBatch(this.#freeEncoder ?? new BatchEncoder())
        : last;
    const before = batch.size;
    // Should it throw, nothing has changed.
    add(batch);
    this.#pendingBytes += batch.size - before;
    if (batch !== last) {
      this.#freeEncoder = undefined;
      this.#queue.push(batch);
    }
    return batch;
  }

  /** Batches that are neither acknowledged nor rejected. */
  get #pending(): PendingBatch[] {
    const flying = this.#flight === undefined || this.#flight.overtaken ? [] : [this.#flight.batch];
    return [...flying, ...this.#queue];
  }

  /** What was lost since the last flush, once, or else what failed just now. */
  #throwLost(failed: unknown): void {
    const failure = this.#lost ?? failed;
    this.#lost = undefined;
    if (failure !== undefined) throw failure;
  }

  #writeNow(): void {
    this.#segments.atOnce(() => this.#writeAll());
  }

  #writeAll(): void {
    const flight = this.#flight;
    if (flight !== undefined && !flight.overtaken) {
      flight.overtaken = true;
      this.#settle(
        flight,
        attempt(() => runSync(this.#disk, writeAndSync(flight, flight.segment.syncFd))),
      );
    }
    while (this.#queue.length > 0) {
      const error = attempt(() => this.#writeOneNow(this.#queue[0]!));
      // What throws comes before the batch has left the queue.
      if (error !== undefined) this.#reject(this.#queue.shift()!, error);
    }
  }

  #writeOneNow(batch: PendingBatch): void {
    this.#beginSegmentFor(batch);
    // Zeros that are on their way would erase what is written here.
    if (this.#segments.current?.extending) this.#segments.finish(this.#segments.current);
    const segment = this.#segments.current ?? this.#segments.makeSync();
    if (this.#needsSpace(batch, segment)) {
      const error = attempt(() => runSync(this.#disk, this.#extend(segment, segment.syncFd, batch)));
      if (error !== undefined) {
        this.#couldNotExtend(segment, batch, error);
        return;
      }
    }
    this.#queue.shift();
    const flight = this.#board(batch, segment);
    this.#settle(
      flight,
      attempt(() => runSync(this.#disk, writeAndSync(flight, segment.syncFd))),
    );
    this.#recycle(flight);
  }

  async #pump(): Promise<void> {
    try {
      await this.#writeBatches();
    } catch (error) {
      // Nothing that is expected ends here; whoever waits must hear of it all the same.
      for (const batch of this.#queue.splice(0)) this.#reject(batch, error);
    }
    this.#pumping = undefined;
    // Given since the last look at the queue, when this was still under way: nobody else would begin with it.
    if (this.#queue.length > 0) this.#pumping = this.#pump();
  }

  async #writeBatches(): Promise<void> {
    // Callers that are woken together append together: all of them go into the next batch.
    await afterMicrotasks();
    while (this.#queue.length > 0) {
      const first = this.#queue[0];
      try {
        await this.#makeReady();
      } catch (error) {
        // Meanwhile `appendSync` may have written it, or made a segment where this failed.
        if (this.#queue[0] === first && this.#segments.current === undefined)
          this.#reject(this.#queue.shift()!, error);
        continue;
      }
      // Meanwhile `appendSync` may have written all, or come to the end of the segment.
      const segment = this.#segments.current;
      if (this.#queue.length === 0) break;
      if (segment === undefined || this.#mustWaitFor(this.#queue[0]!, segment)) continue;
      const batch = this.#queue.shift()!;
      // What `close` wanted cut off may have been removed meanwhile.
      if (batch.records === 0 && (segment.batch > 1 || this.#segments.cuts.length === 0)) batch.resolve();
      else await this.#fly(this.#board(batch, segment));
      await afterMicrotasks();
    }
  }

  #mustWaitFor(batch: PendingBatch, segment: OpenSegment): boolean {
    return (batch.beginsSegment && segment.batch > 1) || this.#needsSpace(batch, segment);
  }

  #beginSegmentFor(batch: PendingBatch | undefined): void {
    const segment = this.#segments.current;
    if (batch?.beginsSegment && segment !== undefined && segment.batch > 1) this.#segments.finish(segment);
  }

  /** Sees to it that there is a segment, with space for the batch that is the next. */
  async #makeReady(): Promise<void> {
    this.#beginSegmentFor(this.#queue[0]);
    if (this.#segments.current === undefined) await this.#segments.make();
    const segment = this.#segments.current;
    const batch = this.#queue[0];
    if (segment === undefined || batch === undefined || !this.#needsSpace(batch, segment)) return;
    segment.busy++;
    segment.extending = true;
    try {
      await run(this.#disk, this.#extend(segment, segment.fd, batch));
    } catch (error) {
      this.#couldNotExtend(segment, batch, error);
    } finally {
      segment.extending = false;
      segment.busy--;
      this.#segments.letGo(segment);
    }
  }

  #needsSpace(batch: PendingBatch, segment: OpenSegment): boolean {
    // A batch longer than a step would have to be written twice, which costs more than what it saves.
    const isLong = batch.size > this.#segments.pace.step;
    if (isLong || segment.position >= this.#options.segmentBytes) return false;
    return segment.position + batch.size + MARK_BYTES > segment.prepared;
  }

  /** Writes the next step of space. It is synced along with the batch that needs it. */
  *#extend(segment: OpenSegment, fd: number, batch: PendingBatch): Steps<void> {
    const from = Math.max(segment.prepared, segment.position);
    const needed = segment.position + batch.size + MARK_BYTES;
    const to = Math.max(needed, from + this.#segments.pace.nextStep(performance.now()));
    try {
      yield* writeZeros(fd, from, to);
    } catch (error) {
      // The batch may still have its place on a disk that has none for more.
      if (!isDiskFull(error)) throw error;
    }
    segment.prepared = to;
  }

  /** Another segment is tried, unless this was the last attempt. */
  #couldNotExtend(segment: OpenSegment, batch: PendingBatch, error: unknown): void {
    this.#giveUp(segment, error);
    // Unless `appendSync` has written the batch meanwhile.
    if (batch === this.#queue[0] && ++batch.attempts >= ATTEMPTS) throw error;
  }

  async #fly(flight: Flight): Promise<void> {
    const { segment } = flight;
    this.#flight = flight;
    segment.busy++;
    let error: unknown;
    try {
      // The way to another thread and back takes longer than copying little into the cache of the kernel.
      if (flight.bytes.length <= this.#options.littleBytes)
        runSync(this.#disk, writeBytes(flight, segment.fd));
      else await run(this.#disk, writeBytes(flight, segment.fd));
      await this.#disk.call('fdatasync', segment.fd);
    } catch (thrown) {
      error = thrown;
    }
    this.#flight = undefined;
    segment.busy--;
    if (!flight.overtaken) {
      this.#settle(flight, error);
      this.#recycle(flight);
    } else if (error !== undefined) this.#giveUp(segment, error);
    this.#segments.letGo(segment);
  }

  /** No call reads the batch's buffer any more. */
  #recycle({ batch }: Flight): void {
    this.#freeEncoder = batch.releaseEncoder() ?? this.#freeEncoder;
  }

  /** Gives the batch its place in the segment. */
  #board(batch: PendingBatch, segment: OpenSegment): Flight {
    const offset = segment.position;
    const number = segment.batch;
    if (number === 1) this.#segments.begun(segment);
    const cuts = number === 1 ? [...this.#segments.cuts] : [];
    const first = cuts.map(({ cut }, i) => segment.addCut(cut, batch.records === 0 && i === cuts.length - 1));
    const own = batch.finish(segment.seed, segment.position, number);
    const bytes = first.length === 0 ? own : Buffer.concat([...first, own]);
    segment.position = offset + bytes.length;
    segment.batch++;
    segment.records += batch.records;
    segment.entries += batch.entries;
    if (batch.records > 0) segment.lastId = batch.lastId;
    return { batch, segment, offset, number, bytes, cuts, overtaken: false };
  }

  /** What became of a batch: resolved, tried again in a new segment, or rejected. */
  #settle(flight: Flight, syncError: unknown): void {
    const { batch, segment, number } = flight;
    const error = syncError ?? attempt(() => runSync(this.#disk, this.#prove(segment)));
    if (error !== undefined) {
      this.#giveUp(segment, error);
      if (isDiskFull(error) || ++batch.attempts >= ATTEMPTS) this.#reject(batch, error);
      // Calls under way may still read the buffer, so what is tried again is a copy.
      else this.#queue.unshift(segment.busy > 0 ? batch.copy() : batch);
      return;
    }
    segment.lastSynced = number;
    segment.lastWrite = performance.now();
    segment.prepared = Math.max(segment.prepared, segment.position);
    this.#segments.cutsAreOnDisk(flight.cuts);
    this.#acknowledged += batch.entries;
    this.#pendingBytes -= batch.size;
    batch.resolve();
    this.#segments.advanced(segment);
  }

  /** Opens the next batch in the file, which proves to every reader that the one before was synced. */
  *#prove(segment: OpenSegment): Steps<void> {
    // Before the mark: what is proven must not fail any more, or it would be written again elsewhere.
    yield* this.#checkPlace(segment);
    const mark = segment.mark();
    yield* writeFully(segment.syncFd, mark, segment.position);
    segment.position += mark.length;
    segment.records++;
  }

  /** Throws when the file, or the store around it, was removed. */
  *#checkPlace(segment: OpenSegment): Steps<void> {
    const now = performance.now();
    if (now - segment.checkedAt < CHECK_PAUSE_MS) return;
    segment.checkedAt = now;
    const { nlink } = yield* call('fstat', segment.syncFd);
    if (nlink === 0) {
      throw new AgentLogError('AGENTLOG_IO', `${segment.path} was deleted while it was written`);
    }
    yield* this.#options.slot.check();
  }

  #reject(batch: PendingBatch, error: unknown): void {
    this.#pendingBytes -= batch.size;
    const what = isDiskFull(error) ? 'the disk is full' : 'the entries could not be made durable';
    const reason = ioError(what, error);
    if (batch.isAwaitedByFlush) this.#lost ??= reason;
    batch.reject(reason);
  }

  #giveUp(segment: OpenSegment, error: unknown): void {
    if (segment.end === 'given up') return;
    this.#segments.giveUp(segment);
    if (!isDiskFull(error)) this.#options.onProblem(ioError(`${segment.path} is given up`, error));
  }
}

function textOf({ high, low }: IdHalves): string {
  return formatId(high, low);
}

function writeBytes({ bytes, offset }: Flight, fd: number): Steps<void> {
  return writeFully(fd, bytes, offset);
}

function* writeAndSync(flight: Flight, fd: number): Steps<void> {
  yield* writeBytes(flight, fd);
  yield* call('fdatasync', fd);
}

function attempt(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Ticks run when no microtask is left: after all that the callers woken just now do before they wait again. */
function afterMicrotasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
