/**
 * Which segments there are and how each is to be read: whether it is sealed, its writer lives or is gone, or a later
 * segment cuts it off. What a dead writer left is synced first, so that nothing is read that a power cut could still
 * take back.
 */
import { basename } from 'node:path';
import { AgentLogError, ioError } from '../errors.js';
import { type Cut, decodeCut } from './control-payload.js';
import type { Disk } from './disk.js';
import { RECORD_TYPE } from './layout.js';
import { whoLives } from './liveness.js';
import { listSegments, type SegmentFile } from './segment-list.js';
import { segmentIdOf } from './segment-name.js';
import { SegmentReading, type Source } from './segment-reading.js';
import { isBadDisk } from './slot-stream.js';
import { call, FOR_READING, isMissing, open, run, runSync, type Steps } from './steps.js';
import type { StorePaths } from './store-directory.js';

/** Leftovers whose sync failed: it is never tried again, and what nothing proves in them is not read. */
const unsyncable = new WeakMap<Disk, Set<string>>();

export interface Survey {
  /** In the order of slots, and of a slot in the order in which they were written. */
  readonly sources: readonly Source[];
  /** What went wrong with single segments; the rest can be read. */
  readonly problems: readonly Error[];
}

/** All segments that wait, and those in the directories `kept`, of which nobody writes to any. */
export async function survey(disk: Disk, paths: StorePaths, kept: readonly string[] = []): Promise<Survey> {
  try {
    for (;;) {
      const waiting = await sourcesNow(disk, paths);
      if (waiting === undefined) continue;
      const sources = withKept(disk, waiting, kept);
      const problems: Error[] = [];
      for (const [i, { path, writer }] of sources.entries()) {
        if (writer !== 'gone') continue;
        const problem = await syncLeftover(disk, path);
        if (problem === undefined) continue;
        problems.push(problem);
        sources[i] = { ...sources[i]!, writer: 'live' };
      }
      return { sources: await withCuts(disk, sources, problems), problems };
    }
  } catch (error) {
    if (error instanceof AgentLogError) throw error;
    throw ioError(`cannot find out what is in ${paths.segments}`, error);
  }
}

/** Undefined when a dead writer's segment has a new successor, which may cut it off. */
async function sourcesNow(disk: Disk, paths: StorePaths): Promise<Source[] | undefined> {
  const files = runSync(disk, listSegments(paths.segments));
  const open = files.filter(({ name }) => name.state === 'open').map(({ path }) => path);
  const answers = await whoLives(disk, paths.locks, open);
  const liveness = new Map(open.map((path, i) => [path, answers[i]!]));
  // Listed once more after the asking: what was sealed meanwhile has another name, and what was cut off has a successor.
  const after = new Map(
    runSync(disk, listSegments(paths.segments)).map((file) => [segmentIdOf(file.name), file]),
  );
  const known = new Set(files.map(({ name }) => segmentIdOf(name)));
  const slotsWithGone = new Set<number>();
  const sources: Source[] = [];
  for (const file of files) {
    const now = liveness.get(file.path) === 'missing' ? after.get(segmentIdOf(file.name)) : file;
    // A living writer removes what came to hold nothing.
    if (now === undefined) continue;
    const writer =
      now.name.state === 'sealed' ? 'sealed' : liveness.get(now.path) === 'gone' ? 'gone' : 'live';
    if (writer === 'gone') slotsWithGone.add(now.name.slot);
    sources.push({ ...now, writer });
  }
  const isNew = ({ name }: SegmentFile) => slotsWithGone.has(name.slot) && !known.has(segmentIdOf(name));
  return [...after.values()].some(isNew) ? undefined : sources;
}

/** What stands in two places, after a power cut, counts as waiting. */
function withKept(disk: Disk, waiting: readonly Source[], directories: readonly string[]): Source[] {
  const all = new Map(waiting.map((source) => [segmentIdOf(source.name), source]));
  for (const directory of directories) {
    for (const file of runSync(disk, listSegments(directory))) {
      const id = segmentIdOf(file.name);
      if (!all.has(id)) all.set(id, { ...file, writer: file.name.state === 'sealed' ? 'sealed' : 'gone' });
    }
  }
  const inOrder = ({ path: a }: Source, { path: b }: Source) => (basename(a) < basename(b) ? -1 : 1);
  return directories.length === 0 ? [...waiting] : [...all.values()].sort(inOrder);
}

/** What a dead writer wrote may be in memory only. */
export async function syncLeftover(disk: Disk, path: string): Promise<Error | undefined> {
  const known = unsyncable.get(disk) ?? new Set();
  if (known.has(path)) return new Error(`${path}: a sync of it has failed before`);
  try {
    await run(disk, openAndSync(path));
    return undefined;
  } catch (error) {
    // The compactor has let go of it meanwhile.
    if (isMissing(error)) return undefined;
    unsyncable.set(disk, known.add(path));
    return ioError(`cannot sync ${path}, which a writer has left behind`, error);
  }
}

function* openAndSync(path: string): Steps<void> {
  const fd = yield* open(path, FOR_READING);
  try {
    yield* call('fdatasync', fd);
  } finally {
    yield* call('close', fd);
  }
}

/** A cut stands at the beginning of a later segment of the same slot, and may itself be cut off: the newest speak first. */
export async function withCuts(disk: Disk, sources: readonly Source[], problems: Error[]): Promise<Source[]> {
  const result = [...sources];
  const cuts = new Map<string, number>();
  // Only what comes after a segment that its writer has left can hold a cut of it.
  const firstGone = new Map<number, number>();
  sources.forEach(({ writer, name }, i) => {
    if (writer === 'gone' && !firstGone.has(name.slot)) firstGone.set(name.slot, i);
  });
  for (let i = result.length - 1; i >= 0; i--) {
    const source = result[i]!;
    const lastBatch = source.writer === 'gone' ? cuts.get(segmentIdOf(source.name)) : undefined;
    if (lastBatch !== undefined) result[i] = { ...source, writer: 'cut', lastBatch };
    if (i <= (firstGone.get(source.name.slot) ?? result.length)) continue;
    try {
      for (const cut of await cutsOf(disk, result[i]!)) cuts.set(segmentIdOf(cut), cut.lastBatch);
    } catch (error) {
      if (!isBadDisk(error as Error)) throw error;
      // Nobody can say what it cuts off, so of what its writer left before it only that counts which is proven.
      problems.push(error as Error);
      const { slot } = source.name;
      result.forEach((other, n) => {
        if (n < i && other.name.slot === slot && other.writer === 'gone')
          result[n] = { ...other, writer: 'live' };
      });
      firstGone.delete(slot);
    }
  }
  return result;
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
