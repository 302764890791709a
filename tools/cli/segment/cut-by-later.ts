/**
 * Whether a segment that its writer has left is cut off by a later one of its slot: what stands behind the cut exists for
 * nobody. Asked of the segments beside it, and within a store of those that were moved to another directory.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nodeDisk } from '../../../src/segment/disk.js';
import { listSegments } from '../../../src/segment/segment-list.js';
import { type SegmentName, segmentIdOf } from '../../../src/segment/segment-name.js';
import type { Source } from '../../../src/segment/segment-reading.js';
import { runSync } from '../../../src/segment/steps.js';
import { withCuts } from '../../../src/segment/survey.js';
import { holderOf } from '../store/lock-holders.js';

const PLACES = ['segments', 'archive', 'quarantine'];

/** The last batch that exists; undefined when no cut is found. */
export async function lastBatchBeforeCut(path: string, name: SegmentName): Promise<number | undefined> {
  const sources = new Map<string, Source>([[segmentIdOf(name), { path, name, writer: 'gone' }]]);
  for (const directory of directoriesBeside(path))
    for (const file of runSync(nodeDisk, listSegments(directory))) {
      const isLater = file.name.slot === name.slot && basename(file.path) > basename(path);
      const id = segmentIdOf(file.name);
      if (isLater && !sources.has(id)) sources.set(id, { ...file, writer: writerOf(file.path) });
    }
  const inOrder = ({ path: a }: Source, { path: b }: Source) => (basename(a) < basename(b) ? -1 : 1);
  const judged = await withCuts(nodeDisk, [...sources.values()].sort(inOrder), []);
  return judged.find((source) => source.path === path)?.lastBatch;
}

function directoriesBeside(path: string): string[] {
  const directory = dirname(path);
  const store = dirname(directory);
  if (!PLACES.includes(basename(directory)) || !existsSync(join(store, 'agentlog.json'))) return [directory];
  return PLACES.map((place) => join(store, place)).filter((place) => existsSync(place));
}

function writerOf(path: string): Source['writer'] {
  if (path.endsWith('.sealed')) return 'sealed';
  try {
    return holderOf(path) === undefined ? 'gone' : 'live';
  } catch {
    // It was sealed or moved meanwhile, and is passed over.
    return 'live';
  }
}
