/**
 * Whether a segment that its writer has left is cut off by a later one of its slot: what stands behind the cut exists for
 * nobody. Asked for a file by itself, of the segments beside it, and within a store of those in its other directories.
 */
import { basename, dirname } from 'node:path';
import type { Disk } from './disk.js';
import { listSegments } from './segment-list.js';
import { type SegmentName, segmentIdOf } from './segment-name.js';
import type { Source } from './segment-reading.js';
import { isThere, runSync } from './steps.js';
import { manifestPath, pathsOf } from './store-directory.js';
import { withCuts } from './survey.js';

/**
 * The last batch that exists; undefined when no cut is found. `isLive`: whether somebody writes to a later one; whose end nobody
 * can take back counts when it is whole.
 */
export async function lastBatchBeforeCut(
  disk: Disk,
  path: string,
  name: SegmentName,
  isLive: (path: string) => boolean = () => false,
): Promise<number | undefined> {
  const sources = new Map<string, Source>([[segmentIdOf(name), { path, name, writer: 'gone' }]]);
  for (const directory of directoriesBeside(disk, path))
    for (const file of runSync(disk, listSegments(directory))) {
      const isLater = file.name.slot === name.slot && basename(file.path) > basename(path);
      const id = segmentIdOf(file.name);
      if (!isLater || sources.has(id)) continue;
      const writer = file.name.state === 'sealed' ? 'sealed' : isLive(file.path) ? 'live' : 'gone';
      sources.set(id, { ...file, writer });
    }
  const inOrder = ({ path: a }: Source, { path: b }: Source) => (basename(a) < basename(b) ? -1 : 1);
  const judged = await withCuts(disk, [...sources.values()].sort(inOrder), []);
  return judged.find((source) => source.path === path)?.lastBatch;
}

function directoriesBeside(disk: Disk, path: string): string[] {
  const directory = dirname(path);
  const store = pathsOf(dirname(directory));
  const places = [store.segments, store.archive, store.quarantine];
  const isThereNow = (file: string) => runSync(disk, isThere(file));
  if (!places.includes(directory) || !isThereNow(manifestPath(store))) return [directory];
  return places.filter(isThereNow);
}
