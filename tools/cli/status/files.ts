/** What stands in a store, by names and sizes: nothing is read. */
import { lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { rowsPath, unfinishedPath } from '../../../src/db/replacing.js';
import { hasMark } from '../../../src/segment/marks.js';
import { listSegments, type SegmentFile } from '../../../src/segment/segment-list.js';
import { runSync } from '../../../src/segment/steps.js';
import { databasePath, type StorePaths } from '../../../src/segment/store-directory.js';
import type { Holders } from '../store/holders.js';
import { lookingDisk } from '../store/looking-disk.js';

export interface Sized {
  readonly path: string;
  readonly bytes: number;
  readonly changedAt: number;
}

export interface SegmentOf extends Sized {
  readonly slot: number;
}

export interface StoreFiles {
  readonly segments: {
    /** Their writers live. */
    readonly live: readonly SegmentOf[];
    /** Sealed, or left by dead writers. */
    readonly waiting: readonly SegmentOf[];
    /** Of these, those that were left. */
    readonly left: readonly SegmentOf[];
    readonly archived: readonly SegmentOf[];
    readonly quarantined: readonly SegmentOf[];
  };
  readonly database: Sized | undefined;
  readonly wal: Sized | undefined;
  /** Damaged databases that were replaced. */
  readonly keptDatabases: readonly Sized[];
  readonly isBeingMade: boolean;
  readonly isToBeReplaced: boolean;
  readonly isSuspect: boolean;
  readonly isToBeRebuilt: boolean;
}

export function filesOf(paths: StorePaths, holders: Holders): StoreFiles {
  const open: SegmentOf[] = [];
  const sealed: SegmentOf[] = [];
  for (const file of runSync(lookingDisk, listSegments(paths.segments))) {
    const found = sized(file);
    if (found !== undefined) (file.name.state === 'open' ? open : sealed).push(found);
  }
  const live = open.filter(({ path }) => holders.of(path) !== undefined);
  const left = open.filter((one) => !live.includes(one));
  const database = databasePath(paths);
  const rows = rowsPath(database);
  const names = readdirSync(paths.root);
  return {
    segments: {
      live,
      waiting: [...sealed, ...left],
      left,
      archived: segmentsIn(paths.archive),
      quarantined: segmentsIn(paths.quarantine),
    },
    database: fileAt(rows),
    wal: fileAt(`${rows}-wal`),
    keptDatabases: readdirSync(paths.quarantine)
      .filter((name) => /^agent-log-\d+\.db$/.test(name))
      .flatMap((name) => fileAt(join(paths.quarantine, name)) ?? []),
    isBeingMade: names.includes(basename(unfinishedPath(database))),
    isToBeReplaced: names.includes(`${basename(database)}.healed`),
    isSuspect: runSync(lookingDisk, hasMark(paths, 'database.suspect')),
    isToBeRebuilt: runSync(lookingDisk, hasMark(paths, 'database.rebuild')),
  };
}

function segmentsIn(directory: string): SegmentOf[] {
  return runSync(lookingDisk, listSegments(directory)).flatMap((file) => sized(file) ?? []);
}

function sized({ path, name }: SegmentFile): SegmentOf | undefined {
  const file = fileAt(path);
  return file === undefined ? undefined : { ...file, slot: name.slot };
}

/** Undefined when it is not there, or not any more. Its name is asked, as files of the database may not be opened. */
function fileAt(path: string): Sized | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status === undefined
    ? undefined
    : { path, bytes: status.size, changedAt: Math.floor(status.mtimeMs) };
}

export function bytesOf(files: readonly Sized[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
