/**
 * What dead writers left behind, put in order when a store is opened: what they were making is removed, what they were
 * writing is synced, and later read to its end and judged. No file is changed: the next one who looks finds the same.
 */
import type { Disk } from './disk.js';
import { whoLives } from './liveness.js';
import { listUnfinished } from './segment-list.js';
import { SegmentReading, type Source } from './segment-reading.js';
import { runSync } from './steps.js';
import type { StorePaths } from './store-directory.js';
import { survey } from './survey.js';
import type { Verdict } from './verdict.js';

export interface Left {
  /** What dead writers have left, and how each is to be read. */
  readonly sources: readonly Source[];
  /** What went wrong with single segments. */
  readonly problems: readonly unknown[];
}

/** With `readOnly`, what others were making stays. */
export async function findLeft(disk: Disk, paths: StorePaths, readOnly: boolean): Promise<Left> {
  const unfinished = readOnly ? [] : await removeUnfinished(disk, paths);
  const { sources, problems } = await survey(disk, paths);
  const left = sources.filter(({ writer }) => writer === 'gone' || writer === 'cut');
  return { sources: left, problems: [...unfinished, ...problems] };
}

/** Nothing in them was ever acknowledged. */
async function removeUnfinished(disk: Disk, { segments, locks }: StorePaths): Promise<unknown[]> {
  const problems: unknown[] = [];
  // Removed while the lock is held: whoever made the file a moment ago and has not locked it yet will see it gone.
  await whoLives(disk, locks, runSync(disk, listUnfinished(segments)), (path) => {
    try {
      disk.callSync('unlink', path);
    } catch (error) {
      problems.push(error);
    }
  });
  return problems;
}

/** Reads it to its end. Undefined when it is gone: it has become rows. */
export async function judge(disk: Disk, source: Source): Promise<Verdict | undefined> {
  const reading = await SegmentReading.begin(disk, source);
  if (reading === undefined) return undefined;
  try {
    while ((await reading.next()) !== undefined);
    return reading.verdict!;
  } finally {
    await reading.close();
  }
}
