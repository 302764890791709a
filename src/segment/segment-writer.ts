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
import { randomBytes } from 'node:crypto';
import type { CheckedEntry } from '../entry.js';
import type { IdHalves } from '../entry-id.js';
import { AgentLogError, ioError } from '../errors.js';
import type { Cut } from './control-payload.js';
import type { Disk } from './disk.js';
import { OpenSegment } from './open-segment.js';
import { PendingBatch } from './pending-batch.js';
import type { Slot } from './slot.js';
import { run, runSync, type Steps, writeFully } from './steps.js';

const BATCH_BYTES = 1024 * 1024;
/** How often a batch is tried in a new segment after its own was given up. */
const ATTEMPTS = 2;

export interface WriterOptions {
  readonly disk: Disk;
  /** Where the segments are. */
  readonly directory: string;
  readonly slot: Slot;
  /** A segment is sealed when it has become this long. */
  readonly segmentBytes: number;
  readonly now: () => number;
}

/** A batch on its way to the disk. */
interface Flight {
  readonly batch: PendingBatch;
  readonly segment: OpenSegment;
  readonly offset: number;
  readonly number: number;
  readonly bytes: Buffer;
  /** Cuts that stand before the batch's own records. */
  readonly cuts: number;
  /** `appendSync` has seen to it, well or badly: what the calls under way say no longer matters. */
  overtaken: boolean;
}

export class SegmentWriter {
  readonly #options: WriterOptions;
  readonly #disk: Disk;
  #queue: PendingBatch[] = [];
  #segment: OpenSegment | undefined;
  #flight: Flight | undefined;
  #pumping: Promise<void> | undefined;
  /** Ends of segments that were given up, until a cut of each is on disk. */
  #cuts: Cut[] = [];
  /** Calls under way in the background, which `close` waits for. */
  readonly #background = new Set<Promise<void>>();

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#disk = options.disk;
  }

  append(entry: CheckedEntry): Promise<IdHalves> {
    return this.appendGroup([entry]).then(([id]) => id!);
  }

  /** All of them or none, also after a crash. */
  appendGroup(entries: readonly CheckedEntry[]): Promise<IdHalves[]> {
    const ids = this.#collect(entries);
    const { promise } = this.#queue.at(-1)!;
    this.#pumping ??= this.#pump();
    return promise.then(() => ids);
  }

  /** On disk when it returns. */
  appendSync(entry: CheckedEntry): IdHalves {
    const [id] = this.#collect([entry]);
    const batch = this.#queue.at(-1)!;
    this.#writeNow();
    if (batch.failure !== undefined) throw batch.failure;
    return id!;
  }

  /** Resolves when everything so far is on disk. */
  async flush(): Promise<void> {
    await (this.#queue.at(-1)?.promise ?? this.#flight?.batch.promise);
  }

  /** Everything so far is on disk when it returns. */
  flushSync(): void {
    const batches = [this.#flight?.batch, ...this.#queue];
    this.#writeNow();
    const failed = batches.find((batch) => batch?.failure !== undefined);
    if (failed !== undefined) throw failed.failure;
  }

  #writeNow(): void {
    const flight = this.#flight;
    if (flight !== undefined && !flight.overtaken) {
      flight.overtaken = true;
      this.#settle(
        flight,
        attempt(() => runSync(this.#disk, writeAndSync(flight, flight.segment.syncFd))),
      );
    }
    while (this.#queue.length > 0) {
      const batch = this.#queue.shift()!;
      try {
        this.#segment ??= runSync(this.#disk, this.#createSegment(batch));
      } catch (error) {
        this.#reject(batch, error);
        continue;
      }
      const next = this.#board(batch, this.#segment);
      const error = attempt(() => runSync(this.#disk, writeAndSync(next, next.segment.syncFd)));
      this.#settle(next, error);
    }
  }

  /** Writes what waits, seals the segment and gives the slot up. */
  async close(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
    if (this.#segment !== undefined) this.#finish(this.#segment);
    while (this.#background.size > 0) await Promise.all(this.#background);
    await this.#options.slot.close();
  }

  #collect(entries: readonly CheckedEntry[]): IdHalves[] {
    let batch = this.#queue.at(-1);
    if (batch === undefined || batch.size >= BATCH_BYTES) {
      batch = new PendingBatch();
      this.#queue.push(batch);
    }
    const last = entries.length - 1;
    return entries.map((entry, i) => {
      const id = this.#options.slot.next();
      batch.add(entry, id, i < last);
      return id;
    });
  }

  async #pump(): Promise<void> {
    // Callers that are woken together append together: all of them go into the next batch.
    await afterMicrotasks();
    while (this.#queue.length > 0) {
      try {
        const segment = this.#segment ?? (await run(this.#disk, this.#createSegment(this.#queue[0]!)));
        // Meanwhile `appendSync` may have made one of its own.
        if (this.#segment === undefined) this.#segment = segment;
        else if (this.#segment !== segment) this.#finish(segment);
      } catch (error) {
        const batch = this.#queue.shift();
        if (batch !== undefined) this.#reject(batch, error);
        continue;
      }
      const batch = this.#queue.shift();
      if (batch === undefined) break;
      await this.#fly(this.#board(batch, this.#segment!));
      await afterMicrotasks();
    }
    this.#pumping = undefined;
  }

  async #fly(flight: Flight): Promise<void> {
    this.#flight = flight;
    flight.segment.busy++;
    let error: unknown;
    try {
      await run(this.#disk, writeAndSync(flight, flight.segment.fd));
    } catch (thrown) {
      error = thrown;
    }
    this.#flight = undefined;
    flight.segment.busy--;
    if (!flight.overtaken) this.#settle(flight, error);
    else if (error !== undefined) this.#giveUp(flight.segment);
    this.#letGo(flight.segment);
  }

  /** Gives the batch its place in the segment. */
  #board(batch: PendingBatch, segment: OpenSegment): Flight {
    const offset = segment.position;
    const number = segment.batch;
    const cuts = number === 1 ? this.#cuts.map((cut) => segment.addCut(cut)) : [];
    const own = batch.finish(segment.seed, segment.position, number);
    const bytes = cuts.length === 0 ? own : Buffer.concat([...cuts, own]);
    segment.position = offset + bytes.length;
    segment.batch++;
    segment.records += batch.records;
    segment.entries += batch.entries;
    segment.lastId = batch.lastId;
    return { batch, segment, offset, number, bytes, cuts: cuts.length, overtaken: false };
  }

  /** What became of a batch: resolved, tried again in a new segment, or rejected. */
  #settle(flight: Flight, error: unknown): void {
    const { batch, segment, number } = flight;
    if (error !== undefined) {
      this.#giveUp(segment);
      if (isFull(error) || ++batch.attempts >= ATTEMPTS) this.#reject(batch, error);
      // Calls under way may still read the buffer, so what is tried again is a copy.
      else this.#queue.unshift(segment.busy > 0 ? batch.copy() : batch);
      return;
    }
    segment.lastSynced = number;
    this.#cuts = this.#cuts.slice(flight.cuts);
    const mark = segment.mark();
    const failed = attempt(() => runSync(this.#disk, writeFully(segment.syncFd, mark, segment.position)));
    // The batch is on disk all the same; the cut will prove it instead of the mark.
    if (failed !== undefined) this.#giveUp(segment);
    segment.position += mark.length;
    segment.records++;
    batch.resolve();
    if (segment === this.#segment && segment.position >= this.#options.segmentBytes) {
      this.#finish(segment);
    }
  }

  #reject(batch: PendingBatch, error: unknown): void {
    batch.reject(
      isFull(error)
        ? new AgentLogError(
            'AGENTLOG_DISK_FULL',
            'the disk is full; nothing of this append is acknowledged',
            { cause: error },
          )
        : ioError('the entries could not be made durable', error),
    );
  }

  /** No record goes into the segment any more, and none behind its last synced batch exists. */
  #giveUp(segment: OpenSegment): void {
    if (segment.end === 'given up') return;
    segment.end = 'given up';
    this.#cuts.push({ segmentId: segment.header.segmentId, lastBatch: segment.lastSynced });
    if (this.#segment === segment) this.#segment = undefined;
    this.#letGo(segment);
  }

  /** No record goes into the segment any more; it is sealed. */
  #finish(segment: OpenSegment): void {
    segment.end ??= 'finished';
    if (this.#segment === segment) this.#segment = undefined;
    this.#letGo(segment);
  }

  /** Seals or closes a segment that has come to its end, once no call on it is under way. */
  #letGo(segment: OpenSegment): void {
    if (segment.end === undefined || segment.busy > 0 || segment.released) return;
    segment.released = true;
    const done = run(this.#disk, segment.end === 'finished' ? segment.seal() : segment.close())
      // Everything in the segment is synced and proven; that it is not sealed is for recovery to mend.
      .catch(() => undefined)
      .finally(() => this.#background.delete(done));
    this.#background.add(done);
  }

  #createSegment(first: PendingBatch): Steps<OpenSegment> {
    const { directory, slot, now } = this.#options;
    return OpenSegment.create(directory, {
      segmentId: new Uint8Array(randomBytes(16)),
      slot: slot.number,
      baseId: first.firstId!,
      created: now(),
      pid: process.pid,
      recycled: false,
    });
  }
}

function* writeAndSync({ bytes, offset }: Flight, fd: number): Steps<void> {
  yield* writeFully(fd, bytes, offset);
  yield { name: 'fdatasync', args: [fd] };
}

function isFull(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'AGENTLOG_DISK_FULL';
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
