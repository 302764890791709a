/**
 * How a handle that does not lead asks the one that does for a round: it writes something new into
 * `locks/compactor.request`, and waits for `locks/compactor.answer` to say the same. Nothing acknowledged depends on these
 * files, so they are not synced.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Disk } from '../segment/disk.js';
import {
  call,
  FOR_READING,
  isMissing,
  open,
  openOrCreate,
  readFully,
  run,
  type Steps,
  writeFully,
} from '../segment/steps.js';
import type { StorePaths } from '../segment/store-directory.js';

/** Of a request; an answer repeats them, and says how it went. */
const BYTES = 16;
const ANSWER_BYTES = BYTES + 1;
const FAILED = 1;

export class RoundRequest {
  readonly #disk: Disk;
  readonly #request: string;
  readonly #answer: string;
  #last: string | undefined;

  constructor(disk: Disk, { locks }: StorePaths) {
    this.#disk = disk;
    this.#request = join(locks, 'compactor.request');
    this.#answer = join(locks, 'compactor.answer');
  }

  /** Returns what the answer to it will begin with. Another handle's may take its place, so it is to be made again. */
  async make(): Promise<string> {
    const bytes = randomBytes(BYTES);
    await run(this.#disk, write(this.#request, bytes));
    return bytes.toString('hex');
  }

  /** Whether somebody has asked since the last time that this was asked. What was there at first counts as answered. */
  async isNew(): Promise<boolean> {
    const present = await run(this.#disk, read(this.#request, BYTES));
    const isNew = this.#last !== undefined && present !== this.#last;
    this.#last = present;
    return isNew;
  }

  /** Answers what `isNew` has found. */
  async answer(isDone: boolean): Promise<void> {
    const bytes = Buffer.from(`${this.#last}${isDone ? '00' : `0${FAILED}`}`, 'hex');
    await run(this.#disk, write(this.#answer, bytes));
  }

  /** Undefined as long as there is no answer. */
  async outcome(made: string): Promise<'done' | 'failed' | undefined> {
    const present = await run(this.#disk, read(this.#answer, ANSWER_BYTES));
    if (!present.startsWith(made)) return undefined;
    return present.endsWith(`0${FAILED}`) ? 'failed' : 'done';
  }
}

function* write(path: string, bytes: Uint8Array): Steps<void> {
  const fd = yield* openOrCreate(path);
  try {
    yield* writeFully(fd, bytes, 0);
  } finally {
    yield* call('close', fd);
  }
}

function* read(path: string, length: number): Steps<string> {
  let fd: number;
  try {
    fd = yield* open(path, FOR_READING);
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
  try {
    const bytes = Buffer.alloc(length);
    yield* readFully(fd, bytes, 0);
    return bytes.toString('hex');
  } finally {
    yield* call('close', fd);
  }
}
