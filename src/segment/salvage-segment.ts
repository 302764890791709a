/** Writes the good records of a segment into a new one: whole, sealed, and under the same ids. */
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { AgentLogError, ioError } from '../errors.js';
import { decodeCut, decodeDelete } from './control-payload.js';
import { lastBatchBeforeCut } from './cut-by-later.js';
import { type Disk, nodeDisk } from './disk.js';
import { decodeTexts } from './entry-payload.js';
import { type FileHeader, readFileHeader } from './file-header.js';
import { FLAG, MAX_FILE_HEADER_BYTES, RECORD_TYPE } from './layout.js';
import type { SegmentRecord } from './record.js';
import { FileScan } from './scan-file.js';
import { SegmentImage } from './segment-image.js';
import { formatSegmentName, parseSegmentName, type SegmentName } from './segment-name.js';
import { SegmentScanner } from './segment-scanner.js';
import {
  call,
  create,
  FOR_READING,
  open,
  readFully,
  run,
  type Steps,
  syncDirectory,
  writeFully,
} from './steps.js';

export interface SalvagedSegment {
  /** Of the new segment. */
  readonly path: string;
  /** That it has. */
  readonly entries: number;
  /** Places in the old one that are not what was written. */
  readonly holes: number;
  /** Of the holes. */
  readonly bytes: number;
  /** What was found, for people. */
  readonly reason: string;
}

/**
 * Reads the segment `file`, which is not changed, and makes a sealed one in `directory` with all of it that is still what
 * was written. In the `segments` of a store it becomes rows; entries that are rows already stay as they are.
 */
export function salvageSegment(file: string, directory: string): Promise<SalvagedSegment> {
  for (const [name, path] of Object.entries({ file, directory })) {
    if (typeof path !== 'string' || path === '')
      throw new TypeError(`The ${name} of salvageSegment must be a path: a string that is not empty`);
  }
  return salvageOn(nodeDisk, resolve(file), resolve(directory));
}

async function salvageOn(disk: Disk, file: string, directory: string): Promise<SalvagedSegment> {
  try {
    const name = parseSegmentName(basename(file));
    const lastBatch = name?.state === 'open' ? await lastBatchBeforeCut(disk, file, name) : undefined;
    return await run(disk, salvage(file, name, lastBatch, directory));
  } catch (error) {
    throw error instanceof AgentLogError ? error : ioError(`cannot salvage ${file}`, error);
  }
}

/** `lastBatch`: that exists, when a later segment cuts this one off. */
function* salvage(
  file: string,
  name: SegmentName | undefined,
  lastBatch: number | undefined,
  directory: string,
): Steps<SalvagedSegment> {
  const fd = yield* open(file, FOR_READING);
  try {
    const header = yield* headerOf(fd, file, name);
    const image = new SegmentImage(header);
    const { size } = yield* call('fstat', fd);
    const scanner = new SegmentScanner(
      lastBatch === undefined
        ? { size, writer: name?.state === 'open' ? 'gone' : 'sealed', name }
        : { size, writer: 'cut', name, lastBatch },
    );
    const scan = new FileScan(fd, file, scanner);
    let entries = 0;
    for (let items = yield* scan.next(); items !== undefined; items = yield* scan.next()) {
      for (const item of items) if (item.kind === 'record') entries += copy(item, image);
    }
    const { kind, holeCount: holes, holeBytes: bytes, reason } = scanner.verdict!;
    if (kind === 'unsupported') throw new AgentLogError('AGENTLOG_FORMAT', `${file}: ${reason}`);
    const path = join(directory, formatSegmentName({ ...header, state: 'sealed' }));
    yield* writeSegment(path, image.endBatch().seal().bytes());
    return { path, entries, holes, bytes, reason };
  } finally {
    yield* call('close', fd);
  }
}

/** Of the new segment. Of what the old one's can no longer tell, its name may tell what is needed. */
function* headerOf(fd: number, file: string, name: SegmentName | undefined): Steps<FileHeader> {
  const bytes = Buffer.alloc(MAX_FILE_HEADER_BYTES);
  const reading = readFileHeader(bytes.subarray(0, yield* readFully(fd, bytes, 0)));
  const known = reading.kind === 'good' ? reading.header : name;
  if (known === undefined)
    throw new AgentLogError(
      'AGENTLOG_FORMAT',
      `${file}: neither its name nor its header says which segment it is`,
    );
  const { created, pid } = reading.kind === 'good' ? reading.header : { created: 0, pid: 0 };
  const { slot, baseId } = known;
  // Another id than the old one has: both may be in the same store.
  return { segmentId: randomBytes(16), slot, baseId, created, pid, recycled: false };
}

/** Returns how many entries it was. */
function copy(record: SegmentRecord, image: SegmentImage): number {
  const { bytes, payloadStart, payloadEnd, idHigh: high, idLow: low, flags, type } = record;
  const payload = bytes.subarray(payloadStart, payloadEnd);
  const id = { high, low };
  let entries = 0;
  if (type === RECORD_TYPE.entry) {
    const texts = decodeTexts(bytes, payloadStart, payloadEnd);
    if (texts !== undefined) {
      image.entry(texts, id, (flags & FLAG.moreOfGroup) !== 0);
      entries = 1;
    }
  } else if (type === RECORD_TYPE.delete) {
    const deletion = decodeDelete(payload);
    if (deletion !== undefined) image.delete(deletion, id);
  } else if (type === RECORD_TYPE.cut) {
    const cut = decodeCut(payload);
    if (cut !== undefined) image.cut(cut);
  }
  // Those of its batch that are missing may be the last ones; batches of any length are good.
  if (record.endsBatch) image.endBatch();
  return entries;
}

/** It gets its name when it is whole: a store may bring it in as soon as it sees it. */
function* writeSegment(path: string, bytes: Buffer): Steps<void> {
  const unfinished = `${path}.salvaging`;
  const fd = yield* create(unfinished);
  try {
    yield* writeFully(fd, bytes, 0);
    yield* call('fdatasync', fd);
    yield* call('rename', unfinished, path);
  } catch (error) {
    yield* call('unlink', unfinished);
    throw error;
  } finally {
    yield* call('close', fd);
  }
  yield* syncDirectory(dirname(path));
}
