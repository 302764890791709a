/**
 * Which segments there are and how each is to be read: whether it is sealed, its writer lives or is gone, or a later
 * segment cuts it off. What a dead writer left is synced first, so that nothing is read that a power cut could still
 * take back.
 */
import { ioError } from '../errors.js';
import { type Cut, decodeCut } from './control-payload.js';
import type { Disk } from './disk.js';
import { RECORD_TYPE } from './layout.js';
import { type Liveness, whoLives } from './liveness.js';
import { listSegments, type SegmentFile } from './segment-list.js';
import { SegmentReading, type Source } from './segment-reading.js';
import { call, FOR_READING, isMissing, open, run, type Steps } from './steps.js';
import type { StorePaths } from './store-directory.js';
import type { Writer } from './verdict.js';

/** All segments, in the order of slots, and of a slot in the order in which they were written. */
export async function survey(disk: Disk, paths: StorePaths): Promise<Source[]> {
  for (;;) {
    const sources = await sourcesNow(disk, paths);
    if (sources === undefined) continue;
    try {
      for (const { path, writer } of sources) if (writer === 'gone') await run(disk, syncLeftover(path));
      return await withCuts(disk, sources);
    } catch (error) {
      if (!isMissing((error as Error).cause)) throw error;
    }
  }
}

/** Undefined when one of them was renamed since it was listed: sealed, most likely. */
async function sourcesNow(disk: Disk, paths: StorePaths): Promise<Source[] | undefined> {
  try {
    const files = await run(disk, listSegments(paths.segments));
    const open = files.filter(({ name }) => name.state === 'open').map(({ path }) => path);
    const answers = await whoLives(disk, paths.locks, open);
    if (answers.includes('missing')) return undefined;
    const liveness = new Map(open.map((path, i) => [path, answers[i]!]));
    return files.map((file) => ({ ...file, writer: writerOf(file, liveness.get(file.path)) }));
  } catch (error) {
    throw ioError(`cannot find out what is in ${paths.segments}`, error);
  }
}

function writerOf({ name }: SegmentFile, liveness: Liveness | undefined): Writer {
  if (name.state === 'sealed') return 'sealed';
  return liveness === 'live' ? 'live' : 'gone';
}

function* syncLeftover(path: string): Steps<void> {
  try {
    const fd = yield* open(path, FOR_READING);
    try {
      yield* call('fdatasync', fd);
    } finally {
      yield* call('close', fd);
    }
  } catch (error) {
    throw ioError(`cannot sync ${path}, which a writer has left behind`, error);
  }
}

/** A cut stands at the beginning of a later segment of the same slot, and may itself be cut off: the newest speak first. */
async function withCuts(disk: Disk, sources: readonly Source[]): Promise<Source[]> {
  const result = [...sources];
  const cuts = new Map<string, number>();
  for (let i = result.length - 1; i >= 0; i--) {
    const source = result[i]!;
    const lastBatch = source.writer === 'gone' ? cuts.get(idOf(source.name)) : undefined;
    if (lastBatch !== undefined) result[i] = { ...source, writer: 'cut', lastBatch };
    const mayCut = result.slice(0, i).some((older) => mayBeCutBy(older, source));
    if (!mayCut) continue;
    for (const cut of await cutsOf(disk, result[i]!)) cuts.set(idOf(cut), cut.lastBatch);
  }
  return result;
}

function mayBeCutBy(older: Source, source: Source): boolean {
  return older.writer === 'gone' && older.name.slot === source.name.slot;
}

async function cutsOf(disk: Disk, source: Source): Promise<Cut[]> {
  const reading = await SegmentReading.begin(disk, source);
  const cuts: Cut[] = [];
  if (reading === undefined) return cuts;
  try {
    // They are the first records, so the first read that shows any record shows whether there are some.
    for (let items = await reading.next(); items !== undefined; items = await reading.next()) {
      for (const item of items) {
        if (item.kind === 'hole') continue;
        if (item.type !== RECORD_TYPE.cut) return cuts;
        const cut = decodeCut(item.bytes.subarray(item.payloadStart, item.payloadEnd));
        if (cut !== undefined) cuts.push(cut);
      }
    }
    return cuts;
  } finally {
    await reading.close();
  }
}

function idOf({ segmentId }: { readonly segmentId: Uint8Array }): string {
  return Buffer.from(segmentId).toString('hex');
}
