/**
 * The segments of one writer: the current one, the spare that follows it, and those that came to their end and wait
 * for calls under way before they are sealed or closed.
 *
 * A segment ends when it is long enough or old enough, and is then sealed in the background; or it is given up after a
 * call on it failed. Before either the spare is made, so that appending need not wait for the next segment.
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { ioError } from '../errors.js';
import type { Cut } from './control-payload.js';
import type { Disk } from './disk.js';
import { OpenSegment } from './open-segment.js';
import { Pace, type PaceLimits } from './pace.js';
import type { Slot } from './slot.js';
import { run, runBriskly, runSync, type Steps } from './steps.js';

export interface SegmentOptions {
  readonly disk: Disk;
  /** Where the segments are. */
  readonly directory: string;
  readonly slot: Slot;
  /** A segment is sealed when it has become this long, */
  readonly segmentBytes: number;
  /** or so many milliseconds after its first record. */
  readonly sealAfter: number;
  /** A batch up to this length is written without the help of another thread. */
  readonly littleBytes: number;
  readonly now: () => number;
  /** Other steps of space ahead than the usual ones. */
  readonly pace?: PaceLimits | undefined;
  /** Told of a segment that was sealed, and how long it is. */
  readonly onSealed?: ((bytes: number) => void) | undefined;
  /** Told what went wrong in the background; nothing acknowledged depends on it. */
  readonly onProblem: (error: Error) => void;
}

/** The end of a segment that was given up, and the segment, which stays locked until the cut is on disk. */
export interface PendingCut {
  readonly cut: Cut;
  readonly segment: OpenSegment;
}

/** When a segment has reached this part of its length or age, the next one is made. */
const SPARE_AT_LENGTH = 1 / 2;
const SPARE_AT_AGE = 5 / 6;

export class OwnSegments {
  readonly pace: Pace;
  readonly #options: SegmentOptions;
  #current: OpenSegment | undefined;
  #spare: OpenSegment | undefined;
  #making: Promise<void> | undefined;
  #cuts: PendingCut[] = [];
  #ageTimer: NodeJS.Timeout | undefined;
  #closed = false;
  #atOnce = false;
  /** How many segments `makeSync` has made. */
  #madeSync = 0;
  /** Who waits for the end of a segment. */
  readonly #ends = new Map<OpenSegment, () => void>();
  /** Calls under way in the background, which `close` waits for. */
  readonly #background = new Set<Promise<void>>();

  constructor(options: SegmentOptions) {
    this.#options = options;
    this.pace = new Pace(options.pace);
  }

  /** The segment that the next batch goes into, if one is ready. */
  get current(): OpenSegment | undefined {
    if (this.#current === undefined && this.#spare !== undefined) {
      this.#current = this.#spare;
      this.#spare = undefined;
    }
    return this.#current;
  }

  /** Makes a segment, after which there is a current one unless making it failed. */
  async make(): Promise<void> {
    // One that is being made already serves as well.
    await (this.#making ?? this.#make(this.pace.step));
  }

  makeSync(): OpenSegment {
    const { disk } = this.#options;
    const segment = runSync(disk, this.#create(this.pace.step));
    this.#madeSync++;
    this.#current = segment;
    return segment;
  }

  /** The cuts to be written at the beginning of a segment. */
  get cuts(): readonly PendingCut[] {
    return this.#cuts;
  }

  cutsAreOnDisk(written: readonly PendingCut[]): void {
    if (written.length === 0) return;
    this.#cuts = this.#cuts.filter((cut) => !written.includes(cut));
    for (const { segment } of written) this.letGo(segment);
  }

  /** The first batch goes into the segment: from now on it ages. */
  begun(segment: OpenSegment): void {
    const { sealAfter } = this.#options;
    if (!Number.isFinite(sealAfter)) return;
    clearTimeout(this.#ageTimer);
    const wait = (ms: number, then: () => void) => {
      this.#ageTimer = setTimeout(then, ms);
      this.#ageTimer.unref();
    };
    const rest = sealAfter * (1 - SPARE_AT_AGE);
    wait(sealAfter - rest, () => {
      if (segment !== this.#current) return;
      wait(rest, () => this.finish(segment));
      // A writer that has fallen silent makes a segment when it needs one.
      const silence = performance.now() - segment.lastWrite;
      if (silence < rest) this.#makeSpare(segment.position / SPARE_AT_AGE);
    });
  }

  /** A batch was written: is it time for the next segment? */
  advanced(segment: OpenSegment): void {
    if (segment !== this.#current) return;
    const { segmentBytes } = this.#options;
    if (segment.position >= segmentBytes) this.finish(segment);
    else if (segment.position >= segmentBytes * SPARE_AT_LENGTH) this.#makeSpare(segmentBytes);
  }

  /** No record goes into the segment any more, and none behind its last synced batch exists. */
  giveUp(segment: OpenSegment): void {
    segment.end = 'given up';
    const cut = { segmentId: segment.header.segmentId, lastBatch: segment.lastSynced };
    this.#cuts.push({ cut, segment });
    if (this.#current === segment) this.#current = undefined;
    this.letGo(segment);
  }

  /** No record goes into the segment any more; it is sealed. */
  finish(segment: OpenSegment): void {
    if (segment.end !== undefined) return;
    segment.end = 'finished';
    if (this.#current === segment) this.#current = undefined;
    this.letGo(segment);
  }

  /** As `finish`; resolves when the segment is sealed, or could not be. */
  async finished(segment: OpenSegment): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#ends.set(segment, resolve));
    this.finish(segment);
    await ended;
  }

  /** Resolves when what is being done in the background now is done. */
  async settled(): Promise<void> {
    await Promise.all([...this.#background]);
  }

  /** Seals, closes or removes a segment that has come to its end, once no call on it is under way. */
  letGo(segment: OpenSegment): void {
    if (segment.end === undefined || segment.busy > 0 || segment.released) return;
    // Should a power cut bring it back, the cut says that nothing in it counts.
    const holdsNothing = segment.lastSynced === 0;
    const isToBeCut = this.#cuts.some((pending) => pending.segment === segment);
    // Until the cut is on disk the segment stays locked, so that nobody reads what the cut will take away.
    if (isToBeCut && (!holdsNothing || segment.cannotBeRemoved)) return;
    segment.released = true;
    if (holdsNothing && !segment.cannotBeRemoved) this.#remove(segment);
    else {
      const isSealed = segment.end === 'finished' && !holdsNothing;
      const ended = () => {
        this.#ends.get(segment)?.();
        this.#ends.delete(segment);
      };
      const done = () => {
        ended();
        if (isSealed) this.#options.onSealed?.(segment.position);
      };
      this.#do(isSealed ? segment.seal() : segment.close(), { done, failed: ended });
    }
  }

  /** What is done from now on until `work` has returned is not left to the background, which may never get its turn. */
  atOnce(work: () => void): void {
    this.#atOnce = true;
    try {
      work();
    } finally {
      this.#atOnce = false;
    }
  }

  /** Seals what is written and removes what is not. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#ageTimer);
    await this.#making?.catch(() => undefined);
    if (this.#current !== undefined) this.finish(this.#current);
    if (this.#spare !== undefined) this.#discard(this.#spare);
    this.#spare = undefined;
    // Whether what was cut off counts is open, and stays so.
    this.cutsAreOnDisk(this.#cuts);
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  #makeSpare(expectedBytes: number): void {
    if (this.#spare !== undefined || this.#making !== undefined || this.#closed) return;
    // If it fails, so may the making of a segment that is needed; that says what is wrong to those who need it.
    this.#make(Math.ceil(expectedBytes)).catch(() => undefined);
  }

  #make(ahead: number): Promise<void> {
    const madeSync = this.#madeSync;
    const making = runBriskly(this.#options.disk, this.#create(ahead)).then((segment) => {
      // Meanwhile `appendSync` may have made one of its own. Segments are used in the order of their base ids.
      if (madeSync !== this.#madeSync) this.#discard(segment);
      else this.#spare = segment;
    });
    this.#making = making.finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  *#create(ahead: number): Steps<OpenSegment> {
    const { directory, slot, now } = this.#options;
    for (;;) {
      const segment = yield* OpenSegment.create(
        directory,
        {
          segmentId: new Uint8Array(randomBytes(16)),
          slot: slot.number,
          // An id of its own, so that the names of a slot's segments stand in the order in which they are used.
          baseId: slot.next(),
          created: now(),
          pid: process.pid,
          recycled: false,
        },
        ahead,
      );
      if (segment === undefined) continue;
      try {
        // Asked when the segment is there: should the store be replaced later, the segment goes with it.
        yield* slot.check();
        return segment;
      } catch (error) {
        try {
          yield* segment.remove();
        } finally {
          yield* segment.close();
        }
        throw error;
      }
    }
  }

  #discard(segment: OpenSegment): void {
    segment.end = 'finished';
    this.letGo(segment);
  }

  #remove(segment: OpenSegment): void {
    this.#do(segment.remove(), {
      // It is gone for good, so nobody needs to be told where it ends.
      done: () => {
        this.#cuts = this.#cuts.filter((pending) => pending.segment !== segment);
        this.#do(segment.close());
      },
      failed: () => {
        segment.cannotBeRemoved = true;
        segment.released = false;
        this.letGo(segment);
      },
    });
  }

  #do(steps: Steps<void>, { done, failed }: { done?: () => void; failed?: () => void } = {}): void {
    const { disk, onProblem } = this.#options;
    // All that is in a segment is synced and proven; that it is not sealed is for recovery to mend.
    const problem = (error: unknown) => {
      onProblem(ioError('a segment could not be sealed, closed or removed', error));
      failed?.();
    };
    if (this.#atOnce) {
      try {
        runSync(disk, steps);
        done?.();
      } catch (error) {
        problem(error);
      }
      return;
    }
    const doing = run(disk, steps)
      .then(done, problem)
      .finally(() => this.#background.delete(doing));
    this.#background.add(doing);
  }
}
