/**
 * A copy of a store while others write to it: first the segments, as far as what is in them is proven, then the database
 * as it is after that. What becomes a row between the two is in both, which is no harm. The manifest comes last, so a
 * copy that was not finished is no store.
 */
import { dirname, join, resolve } from 'node:path';
import { copyDatabase } from '../db/copy.js';
import { AgentLogError } from '../errors.js';
import { encodeSeal } from '../segment/control-payload.js';
import { CrcSeed } from '../segment/crc.js';
import type { Disk } from '../segment/disk.js';
import { FLAG, RECORD_TYPE } from '../segment/layout.js';
import { hasMark, makeMark } from '../segment/marks.js';
import { makeRecord } from '../segment/record.js';
import { formatSegmentName } from '../segment/segment-name.js';
import { SegmentReading, type Source } from '../segment/segment-reading.js';
import {
  call,
  create,
  FOR_READING,
  isMissing,
  readFully,
  runSync,
  syncDirectory,
  writeFully,
} from '../segment/steps.js';
import {
  databasePath,
  makeDirectory,
  manifestPath,
  pathsOf,
  type StorePaths,
} from '../segment/store-directory.js';
import { survey } from '../segment/survey.js';
import type { BackupProgress, BackupResult } from './api.js';

const COPY_BYTES = 1024 * 1024;

/** `target` must not be there, or be empty. */
export async function backUp(
  disk: Disk,
  paths: StorePaths,
  target: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<BackupResult> {
  const copy = pathsOf(resolve(target));
  if (`${copy.root}/`.startsWith(`${paths.root}/`))
    throw new AgentLogError('AGENTLOG_IO', `${copy.root} lies in the store that is to be copied`);
  makeDirectories(disk, copy);
  const { sources } = await survey(disk, paths);
  const result = { segments: 0, bytes: 0 };
  for (const [i, source] of sources.entries()) {
    const bytes = await copySegment(disk, source, copy.segments);
    if (bytes > 0) result.segments++;
    result.bytes += bytes;
    onProgress({ segments: i + 1, segmentsLeft: sources.length - i - 1, pages: 0, pagesLeft: 0 });
  }
  result.bytes += await copyDatabase(databasePath(paths), databasePath(copy), (pages, pagesLeft) =>
    onProgress({ segments: sources.length, segmentsLeft: 0, pages, pagesLeft }),
  );
  // What is there may be nowhere else.
  for (const file of disk.callSync('readdir', paths.quarantine))
    copyFile(disk, join(paths.quarantine, file), join(copy.quarantine, file));
  // The copy goes on giving ids where the store stood at least, whatever the clock shows there.
  for (const file of disk.callSync('readdir', paths.locks)) {
    if (/^writer-\d+$/.test(file)) copyFile(disk, join(paths.locks, file), join(copy.locks, file));
  }
  // Should the copy's database be made anew, it is to have an index for searches again.
  if (runSync(disk, hasMark(paths, 'search.wanted'))) runSync(disk, makeMark(copy, 'search.wanted'));
  for (const directory of [copy.segments, copy.locks, copy.quarantine, copy.root, dirname(copy.root)])
    runSync(disk, syncDirectory(directory));
  copyFile(disk, manifestPath(paths), `${manifestPath(copy)}.new`);
  disk.callSync('rename', `${manifestPath(copy)}.new`, manifestPath(copy));
  runSync(disk, syncDirectory(copy.root));
  return result;
}

function makeDirectories(disk: Disk, copy: StorePaths): void {
  const { root, segments, locks, archive, quarantine } = copy;
  if (!runSync(disk, makeDirectory(root)) && disk.callSync('readdir', root).length > 0)
    throw new AgentLogError('AGENTLOG_IO', `${root} is not empty, and a backup needs a directory of its own`);
  for (const directory of [segments, locks, archive, quarantine]) {
    if (!runSync(disk, makeDirectory(directory)))
      throw new AgentLogError('AGENTLOG_IO', `${directory} was made by somebody else at the same time`);
  }
}

/** Returns how many bytes were written: none of a segment that holds nothing, or that has become rows meanwhile. */
async function copySegment(disk: Disk, listed: Source, directory: string): Promise<number> {
  const reading = await SegmentReading.begin(disk, listed);
  if (reading === undefined) return 0;
  try {
    const { fd } = reading;
    const { writer, name } = reading.source;
    let batch = 0;
    let lastId = name.baseId;
    for (let items = await reading.next(); items !== undefined; items = await reading.next()) {
      for (const item of items) {
        if (item.kind === 'hole') continue;
        batch = item.batch;
        lastId = { high: item.idHigh, low: item.idLow };
      }
    }
    const { kind, records, entries, end, holeCount } = reading.verdict!;
    if (records === 0 && holeCount === 0 && kind !== 'unreadable' && kind !== 'unsupported') return 0;
    const isWhole = writer === 'sealed' || kind === 'unreadable' || kind === 'unsupported';
    const fileName = formatSegmentName(isWhole ? name : { ...name, state: 'sealed' });
    const target = join(directory, fileName);
    if (isWhole) return copyWhole(disk, fd, target);
    // What is behind the end does not count, and the copy has no writer: it ends with a seal of its own.
    const fields = { type: RECORD_TYPE.seal, flags: FLAG.endOfBatch, batch: batch + 1 };
    const seal = makeRecord(
      { ...fields, idHigh: lastId.high, idLow: lastId.low },
      encodeSeal({ records, entries }),
      new CrcSeed(name.segmentId),
      end,
    );
    return copyBytes(disk, fd, end, seal, target);
  } finally {
    await reading.close();
  }
}

function copyFile(disk: Disk, from: string, to: string): void {
  let fd: number;
  try {
    fd = disk.callSync('open', from, FOR_READING, 0);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  try {
    copyWhole(disk, fd, to);
  } finally {
    disk.callSync('close', fd);
  }
}

function copyWhole(disk: Disk, from: number, target: string): number {
  return copyBytes(disk, from, disk.callSync('fstat', from).size, Buffer.alloc(0), target);
}

/** The first `length` bytes, then `ending`, on disk. */
function copyBytes(disk: Disk, from: number, length: number, ending: Uint8Array, target: string): number {
  const to = runSync(disk, create(target));
  try {
    const buffer = Buffer.allocUnsafeSlow(COPY_BYTES);
    let at = 0;
    while (at < length) {
      const piece = buffer.subarray(0, Math.min(buffer.length, length - at));
      const read = runSync(disk, readFully(from, piece, at));
      if (read === 0) break;
      runSync(disk, writeFully(to, piece.subarray(0, read), at));
      at += read;
    }
    if (ending.length > 0) runSync(disk, writeFully(to, ending, at));
    runSync(disk, call('fdatasync', to));
    return at + ending.length;
  } finally {
    disk.callSync('close', to);
  }
}
