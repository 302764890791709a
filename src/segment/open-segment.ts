/**
 * A segment that this process writes: made so that every directory entry is on disk before anything in it is
 * acknowledged, and sealed so that the name says "sealed" only of a file whose seal is on disk.
 *
 * It has two file descriptions, because the failure of a sync is told to only one of two that share a description: one
 * that holds the lock and serves `append`, one for `appendSync`.
 */
import { join } from 'node:path';
import type { IdHalves } from '../entry-id.js';
import { AgentLogError, isDiskFull } from '../errors.js';
import { type Cut, encodeCut, encodeSeal } from './control-payload.js';
import { CrcSeed } from './crc.js';
import { encodeFileHeader, type FileHeader } from './file-header.js';
import { FILE_HEADER, FLAG, RECORD_TYPE } from './layout.js';
import { makeRecord } from './record.js';
import { formatSegmentName } from './segment-name.js';
import {
  call,
  closeAll,
  FILE_MODE,
  FOR_CREATING,
  FOR_WRITING,
  leadsTo,
  open,
  type Steps,
  syncDirectory,
  writeFully,
  writeZeros,
} from './steps.js';

const LITTLE_SPACE = 128 * 1024;

export class OpenSegment {
  readonly header: FileHeader;
  readonly seed: CrcSeed;
  readonly #directory: string;
  /** Holds the lock; for `append`. */
  readonly fd: number;
  /** For `appendSync`. */
  readonly syncFd: number;
  /** Where the next record goes. */
  position: number = FILE_HEADER.size;
  /** Up to here the file was written, if only with zeros, and synced: what goes there changes no metadata. */
  prepared: number;
  /** The batch that the next record belongs to. */
  batch = 1;
  /** The last batch that was synced. */
  lastSynced = 0;
  /** When the last batch was synced, in monotonic milliseconds. */
  lastWrite = 0;
  /** When it was last seen that the file still has its name, in monotonic milliseconds. */
  checkedAt = 0;
  /** Zeros are on their way to the space behind `prepared`, where nothing else may be written meanwhile. */
  extending = false;
  /** Calls under way on its descriptions. */
  busy = 0;
  /** Why no record goes into it any more. */
  end: 'finished' | 'given up' | undefined;
  /** Removing it failed. */
  cannotBeRemoved = false;
  /** It was sealed or closed, or that is under way. */
  released = false;
  records = 0;
  entries = 0;
  lastId: IdHalves;

  private constructor(
    directory: string,
    header: FileHeader,
    fds: readonly [number, number],
    prepared: number,
  ) {
    this.#directory = directory;
    this.header = header;
    this.seed = new CrcSeed(header.segmentId);
    [this.fd, this.syncFd] = fds;
    this.prepared = prepared;
    this.lastId = header.baseId;
  }

  /**
   * Makes the file, locked from the beginning, with its header, `ahead` bytes of space and its name on disk. Undefined
   * when somebody who clears up leftovers took the file for one, before it was locked.
   */
  static *create(directory: string, header: FileHeader, ahead: number): Steps<OpenSegment | undefined> {
    const path = join(directory, formatSegmentName({ ...header, state: 'open' }));
    const unfinished = path.replace(/open$/, 'new');
    const fds: number[] = [];
    try {
      fds.push(yield* open(unfinished, FOR_CREATING));
      if (!(yield* call('flock', fds[0]!)) || (yield* call('fstat', fds[0]!)).nlink === 0) {
        yield* closeAll(fds.splice(0));
        return undefined;
      }
      yield* call('fchmod', fds[0]!, FILE_MODE);
      yield* writeFully(fds[0]!, encodeFileHeader(header), 0);
      const prepared = yield* prepare(fds[0]!, FILE_HEADER.size, FILE_HEADER.size + ahead);
      yield* call('fdatasync', fds[0]!);
      // One by one: should the second open fail, the first descriptor must be among those to close.
      fds.push(yield* open(unfinished, FOR_WRITING));
      yield* call('rename', unfinished, path);
      yield* syncDirectory(directory);
      return new OpenSegment(directory, header, [fds[0]!, fds[1]!], prepared);
    } catch (error) {
      // Removed while it is locked, so that nobody takes it for a dead writer's in between.
      for (const leftover of fds.length === 0 ? [] : [unfinished, path])
        yield* tolerate(call('unlink', leftover));
      yield* tolerate(closeAll(fds));
      throw error;
    }
  }

  get path(): string {
    return join(this.#directory, formatSegmentName({ ...this.header, state: 'open' }));
  }

  /** Puts a cut at `position`, before the records of the batch that is boarded next, if any, and goes on behind it. */
  addCut(cut: Cut, endsBatch: boolean): Buffer {
    const record = this.#record(RECORD_TYPE.cut, endsBatch ? FLAG.endOfBatch : 0, encodeCut(cut));
    this.position += record.length;
    this.records++;
    return record;
  }

  /** The record that opens the next batch when nothing waits to be written, ready to be written at `position`. */
  mark(): Buffer {
    return this.#record(RECORD_TYPE.mark, 0, Buffer.alloc(0));
  }

  /**
   * Ends the segment: the seal on disk first, then the name. All batches must have been synced, and no call on any of
   * its descriptions may be under way.
   */
  *seal(): Steps<void> {
    const seal = this.#record(
      RECORD_TYPE.seal,
      FLAG.endOfBatch,
      encodeSeal({ records: this.records, entries: this.entries }),
    );
    try {
      const end = this.position + seal.length;
      yield* writeFully(this.fd, seal, this.position);
      // A changed size costs the sync a commit of metadata, so little space is left as it is.
      if (this.prepared - end > LITTLE_SPACE) yield* call('ftruncate', this.fd, end);
      yield* call('fdatasync', this.fd);
      yield* this.#checkPath();
      // The directory needs no sync: under its old name the file is a whole one that a dead writer left.
      yield* call('rename', this.path, this.path.replace(/open$/, 'sealed'));
    } finally {
      yield* this.close();
    }
  }

  /** Removes the file, which holds nothing, for good. */
  *remove(): Steps<void> {
    yield* call('unlink', this.path);
    yield* syncDirectory(this.#directory);
  }

  /** Lets go of the file as it is. */
  close(): Steps<void> {
    return closeAll([this.syncFd, this.fd]);
  }

  /** The directory may have been replaced by another, which must not get this segment's name. */
  *#checkPath(): Steps<void> {
    if (!(yield* leadsTo(this.path, this.fd))) {
      throw new AgentLogError('AGENTLOG_IO', `${this.path} is not the file that was written`);
    }
  }

  /** A record for `position`, of the batch that is open there. */
  #record(type: number, flags: number, payload: Uint8Array): Buffer {
    const { high, low } = this.lastId;
    return makeRecord(
      { type, flags, batch: this.batch, idHigh: high, idLow: low },
      payload,
      this.seed,
      this.position,
    );
  }
}

/** Writes zeros up to `to`, or, on a disk that has no space for them, none. Returns where what was written ends. */
function* prepare(fd: number, from: number, to: number): Steps<number> {
  try {
    yield* writeZeros(fd, from, to);
    return to;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    yield* call('ftruncate', fd, from);
    return from;
  }
}

/** For cleaning up after a failure, which is what the caller must hear of. */
function* tolerate(steps: Steps<unknown>): Steps<void> {
  try {
    yield* steps;
  } catch {
    // Recovery removes what stays behind.
  }
}
