/**
 * A writer's slot: a number from 0 to 1023 that is part of its ids, held by a lock on `locks/writer-N`, and the
 * ceiling in that file which keeps any id from being given twice.
 *
 * The ceiling is kept some seconds ahead of the clock, so that giving an id needs no I/O. It is raised in the
 * background; only when the clock leaps or the process was stopped for long, an id must wait for it.
 */
import { join } from 'node:path';
import { type IdHalves, MAX_SLOT } from '../entry-id.js';
import { AgentLogError, ioError } from '../errors.js';
import { lowerCeiling, readCeiling, writeCeiling } from './ceiling.js';
import type { Disk } from './disk.js';
import { IdClock, TICKS_PER_MS } from './id-clock.js';
import {
  call,
  FOR_WRITING,
  leadsTo,
  open,
  openOrCreate,
  run,
  runSync,
  type Steps,
  syncDirectory,
} from './steps.js';

/** How far ahead of the clock a ceiling is put, and how near it may come before it is raised again. */
const AHEAD = 10_000 * TICKS_PER_MS;
const NEAR = 5_000 * TICKS_PER_MS;

export class Slot {
  readonly number: number;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #clock: IdClock;
  /** Holds the lock, and is what the background raises the ceiling through. */
  readonly #fd: number;
  #ceiling: number;
  #raising: Promise<void> | undefined;
  #isClosed = false;

  private constructor(disk: Disk, path: string, fd: number, clock: IdClock, ceiling: number, number: number) {
    this.#disk = disk;
    this.#path = path;
    this.#fd = fd;
    this.#clock = clock;
    this.#ceiling = ceiling;
    this.number = number;
  }

  /** Takes the first slot that is free, readable, and whose ceiling the clock has passed. */
  static *take(disk: Disk, locks: string, now: () => number): Steps<Slot> {
    if (new IdClock(0, 0, now).isBeyondIds) {
      const message = `the clock shows ${new Date(now()).toISOString()}, and ids can be given until 2089`;
      throw new AgentLogError('AGENTLOG_IO', message);
    }
    for (let number = 0; number <= MAX_SLOT; number++) {
      const slot = yield* Slot.#tryTake(disk, locks, number, now);
      if (slot !== undefined) return slot;
    }
    throw new AgentLogError(
      'AGENTLOG_TOO_MANY_WRITERS',
      `none of the ${MAX_SLOT + 1} slots in ${locks} is free: each is held by a writer, was used with a clock that was ahead of this one, or cannot be read`,
    );
  }

  static *#tryTake(disk: Disk, locks: string, number: number, now: () => number): Steps<Slot | undefined> {
    const path = join(locks, `writer-${String(number).padStart(3, '0')}`);
    try {
      return yield* Slot.#tryTakeAt(disk, locks, path, number, now);
    } catch (error) {
      // Programmer's mistakes, such as a clock that is none, are what they are.
      if (error instanceof AgentLogError || error instanceof TypeError) throw error;
      throw ioError(`cannot take the slot ${path}`, error);
    }
  }

  static *#tryTakeAt(
    disk: Disk,
    locks: string,
    path: string,
    number: number,
    now: () => number,
  ): Steps<Slot | undefined> {
    const fd = yield* openOrCreate(path);
    let taken = false;
    try {
      if (!(yield* call('flock', fd))) return undefined;
      const before = yield* readCeiling(fd);
      if (before === 'unreadable') return undefined;
      const clock = new IdClock(number, before === 'none' ? 0 : before, now);
      if (clock.last > clock.present) return undefined;
      // No id may be given before the ceiling above it is certain to be found again, nor the file that holds it.
      const ceiling = Math.max(clock.last, clock.present) + AHEAD;
      yield* writeCeiling(fd, ceiling, 'background');
      yield* syncDirectory(locks);
      taken = true;
      return new Slot(disk, path, fd, clock, ceiling, number);
    } finally {
      if (!taken) yield* call('close', fd);
    }
  }

  /** The next id of the slot. */
  next(): IdHalves {
    // What raises the ceiling would write to whatever file has the descriptor now.
    if (this.#isClosed) throw new AgentLogError('AGENTLOG_CLOSED', `the slot ${this.#path} was given up`);
    const id = this.#clock.next();
    if (this.#clock.last > this.#ceiling - NEAR) this.#keepAhead();
    return id;
  }

  /** The last id given, or the one that it began after. */
  get last(): IdHalves {
    return this.#clock.idOf(this.#clock.last);
  }

  /** Lowers the ceiling to the last id given, so that the slot can be used again at once, and gives the slot up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#raising;
    try {
      await run(this.#disk, lowerCeiling(this.#fd, this.#clock.last));
    } finally {
      await this.#disk.call('close', this.#fd);
    }
  }

  /**
   * Throws when the slot's file is no longer what its name leads to: the store was removed, and whoever made another in
   * its place may have given the slot of this number to somebody else.
   */
  *check(): Steps<void> {
    if (yield* leadsTo(this.#path, this.#fd)) return;
    throw new AgentLogError('AGENTLOG_IO', `${this.#path} was removed while it was in use`);
  }

  #keepAhead(): void {
    if (this.#clock.last > this.#ceiling) this.#raiseNow();
    else
      this.#raising ??= this.#raise().finally(() => {
        this.#raising = undefined;
      });
  }

  async #raise(): Promise<void> {
    let ceiling: number;
    try {
      ceiling = Math.max(this.#clock.last, this.#clock.present) + AHEAD;
      await run(this.#disk, writeCeiling(this.#fd, ceiling, 'background'));
    } catch {
      // The ceiling stays what it was. Should an id come to it, `#raiseNow` tries again and says what is wrong.
      return;
    }
    this.#ceiling = Math.max(this.#ceiling, ceiling);
  }

  /** Through a file description of its own: two syncs on one would hide a failure from one of them. */
  #raiseNow(): void {
    const ceiling = this.#clock.last + AHEAD;
    try {
      runSync(this.#disk, raiseSeparately(this.#path, ceiling));
    } catch (error) {
      throw ioError(`cannot raise the ceiling of ids in ${this.#path}`, error);
    }
    this.#ceiling = ceiling;
  }
}

function* raiseSeparately(path: string, ceiling: number): Steps<void> {
  const fd = yield* open(path, FOR_WRITING);
  try {
    yield* writeCeiling(fd, ceiling, 'immediate');
  } finally {
    yield* call('close', fd);
  }
}
