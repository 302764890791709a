/** The segments of a store as `agentlog ls` tells of them. */
import { listSegments } from '../../../src/segment/segment-list.js';
import { segmentIdOf } from '../../../src/segment/segment-name.js';
import type { Source } from '../../../src/segment/segment-reading.js';
import { runSync } from '../../../src/segment/steps.js';
import type { StorePaths } from '../../../src/segment/store-directory.js';
import { survey } from '../../../src/segment/survey.js';
import type { Holders } from './holders.js';
import { lookingDisk } from './looking-disk.js';
import type { SegmentSummary } from './segment-summary.js';

type Place = 'segments' | 'archive' | 'quarantine';

export interface Listed {
  readonly path: string;
  readonly place: Place;
  readonly slot: number;
  readonly state: 'open' | 'sealed';
  readonly writer: 'alive' | 'dead' | null;
  readonly pid: number | null;
  readonly bytes: number;
  readonly records: number;
  readonly batches: number;
  readonly entries: number;
  readonly firstTimestamp: number | null;
  readonly lastTimestamp: number | null;
  /** Null when the database cannot be asked. */
  readonly inDatabase: boolean | null;
  readonly verdict: {
    readonly kind: string;
    readonly reason: string;
    readonly records: number;
    readonly batches: number;
    readonly entries: number;
    readonly holes: number;
    readonly holeBytes: number;
    readonly tailBytes: number;
  };
}

/** Those that wait; with `isAll`, those that were let go of, too. */
export async function sourcesIn(paths: StorePaths, isAll: boolean) {
  const { sources, problems } = await survey(lookingDisk, paths);
  const found: { source: Source; place: Place }[] = sources.map((source) => ({ source, place: 'segments' }));
  for (const place of isAll ? (['archive', 'quarantine'] as const) : []) {
    for (const file of runSync(lookingDisk, listSegments(paths[place])))
      found.push({ source: { ...file, writer: file.name.state === 'sealed' ? 'sealed' : 'gone' }, place });
  }
  return { sources: found, problems };
}

/** `known`: the ids of those that are in the database. */
export function listed(
  { source, bytes: size, verdict, firstTimestamp, lastTimestamp }: SegmentSummary,
  place: Place,
  holders: Holders,
  known: ReadonlySet<string> | undefined,
): Listed {
  const { path, name, writer } = source;
  const { kind, reason, records, batches, entries, holeCount, holeBytes, tail } = verdict;
  return {
    path,
    place,
    slot: name.slot,
    state: name.state,
    writer: name.state === 'sealed' ? null : writer === 'live' ? 'alive' : 'dead',
    pid: writer === 'live' ? (holders.of(path)?.pid ?? null) : null,
    bytes: size,
    records,
    batches,
    entries,
    firstTimestamp,
    lastTimestamp,
    inDatabase: known?.has(segmentIdOf(name)) ?? null,
    verdict: {
      kind,
      reason,
      records,
      batches,
      entries,
      holes: holeCount,
      holeBytes,
      tailBytes: tail?.length ?? 0,
    },
  };
}
