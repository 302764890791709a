/**
 * How a handle that does not lead asks the one that does for a round: it writes something new into
 * `locks/compactor.request`. Nothing acknowledged depends on the file, so it is not synced.
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

const BYTES = 16;

export class RoundRequest {
  readonly #disk: Disk;
  readonly #path: string;
  #last: string | undefined;

  constructor(disk: Disk, { locks }: StorePaths) {
    this.#disk = disk;
    this.#path = join(locks, 'compactor.request');
  }

  async make(): Promise<void> {
    await run(this.#disk, write(this.#path, randomBytes(BYTES)));
  }

  /** Whether somebody has asked since the last time that this was asked. What was there at first counts as answered. */
  async isNew(): Promise<boolean> {
    const present = await run(this.#disk, read(this.#path));
    const isNew = this.#last !== undefined && present !== this.#last;
    this.#last = present;
    return isNew;
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

function* read(path: string): Steps<string> {
  let fd: number;
  try {
    fd = yield* open(path, FOR_READING);
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
  try {
    const bytes = Buffer.alloc(BYTES);
    yield* readFully(fd, bytes, 0);
    return bytes.toString('hex');
  } finally {
    yield* call('close', fd);
  }
}
