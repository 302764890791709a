/** The parts that read a scene's store, as a handle has them, each to be asked by itself. */
import { onTestFinished } from 'vitest';
import { RowReader } from '../../src/db/row-reader.js';
import { Events } from '../../src/events.js';
import type { Place } from '../../src/reading/snapshot.js';
import { Tail } from '../../src/reading/tail.js';
import { VerdictReports } from '../../src/verdict-reports.js';
import type { Scene } from '../compactor/scene.js';

export interface TestPlace extends Place {
  /** What was called damage. */
  readonly damages: string[];
}

export function placeIn({ disk, paths, database }: Scene, mostPlaces?: number): TestPlace {
  const damages: string[] = [];
  const reports = new VerdictReports(new Events({ damage: ({ reason }) => damages.push(reason) }));
  const rows = new RowReader(database.path);
  onTestFinished(() => rows.close());
  const reader = disk.processNamed('reader');
  return {
    disk: reader,
    rows,
    tail: new Tail({ disk: reader, paths, reports, patience: 0, mostPlaces }),
    reports,
    damages,
  };
}
