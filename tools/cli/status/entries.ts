/** How many entries there are, those included that are no rows yet: what waits is read once, unless it is too much. */

import { RowReader } from '../../../src/db/row-reader.js';
import { unpackId } from '../../../src/entry-id.js';
import { type DamageEvent, Events } from '../../../src/events.js';
import { countEntries, summarizeTasks } from '../../../src/reading/counting.js';
import { readEntries } from '../../../src/reading/entry-stream.js';
import { type Place, takeSnapshot } from '../../../src/reading/snapshot.js';
import { Tail } from '../../../src/reading/tail.js';
import { findLeft } from '../../../src/segment/recovery.js';
import { databasePath, type StorePaths } from '../../../src/segment/store-directory.js';
import { VerdictReports } from '../../../src/verdict-reports.js';
import type { DatabaseLook } from '../store/database-look.js';
import { lookingDisk } from '../store/looking-disk.js';
import type { DatabaseFacts } from './database-facts.js';
import { bytesOf, type StoreFiles } from './files.js';
import type { Span } from './rate.js';

export interface Entries {
  /** Null when nobody can know. */
  readonly entries: number | null;
  readonly tasks: number | null;
  readonly firstTimestamp: number | null;
  readonly lastTimestamp: number | null;
  /** What waits is among them. */
  readonly isComplete: boolean;
  /** What waits. */
  readonly spans: readonly Span[];
  readonly damages: readonly DamageEvent[];
  /** Segments that the disk or the system did not let be read. */
  readonly problems: readonly string[];
}

/** Half a second's reading. More waits only where very much is logged, or nobody leads. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Whoever writes at this moment is not waited for. */
const PATIENCE_MS = 100;

export async function countedIn(
  paths: StorePaths,
  { segments }: StoreFiles,
  look: DatabaseLook<DatabaseFacts>,
): Promise<Entries> {
  const { state, answer } = look;
  const isMuch = bytesOf(segments.live) + bytesOf(segments.waiting) > MOST_BYTES;
  if (isMuch) return { ...ofRows(answer), isComplete: false, spans: [], damages: [], problems: [] };
  const damages: DamageEvent[] = [];
  const problems: string[] = [];
  const events = new Events({
    damage: (event) => damages.push(event),
    warning: ({ message }) => problems.push(message),
    recover: () => undefined,
  });
  const reports = new VerdictReports(events);
  const tail = new Tail({ disk: lookingDisk, paths, reports, patience: PATIENCE_MS });
  const rows = new RowReader(databasePath(paths));
  try {
    const left = await findLeft(lookingDisk, paths, true);
    for (const source of left.sources) tail.settle(source);
    problems.push(...left.problems.map((problem) => (problem as Error).message));
    await tail.refresh();
    const spans = spansOf(tail);
    const isCountable = state === 'well' || state === 'none';
    const counted = isCountable
      ? await counts({ disk: lookingDisk, rows, tail, reports }, answer)
      : ofRows(answer);
    return { ...counted, isComplete: isCountable, spans, damages, problems };
  } finally {
    await tail.close();
    rows.close();
  }
}

type Counts = Pick<Entries, 'entries' | 'tasks' | 'firstTimestamp' | 'lastTimestamp'>;

async function counts(place: Place, facts: DatabaseFacts | undefined): Promise<Counts> {
  const entries = await countEntries(place, {});
  // There may be a hundred thousand tasks, and as long as nothing waits they are as the database has them.
  if (facts !== undefined && !place.tail.waiting.some(({ index }) => index.hasRecords))
    return { ...ofRows(facts), entries };
  const tasks = await summarizeTasks(place);
  const times = tasks.map(({ lastTimestamp }) => lastTimestamp);
  const lastTimestamp = times.reduce((last, time) => Math.max(last, time), Number.NEGATIVE_INFINITY);
  return {
    entries,
    tasks: tasks.length,
    firstTimestamp: await firstTimestamp(place),
    lastTimestamp: tasks.length === 0 ? null : lastTimestamp,
  };
}

async function firstTimestamp(place: Place): Promise<number | null> {
  const snapshot = await takeSnapshot(place, (_, now) => now);
  for await (const [first] of readEntries(place, snapshot, { filter: {}, order: 'asc', most: 1 }))
    if (first !== undefined) return first.timestamp;
  return null;
}

function ofRows(facts: DatabaseFacts | undefined): Counts {
  if (facts === undefined) return { entries: null, tasks: null, firstTimestamp: null, lastTimestamp: null };
  return { ...facts.counted, firstTimestamp: facts.firstTimestamp };
}

function spansOf({ waiting }: Tail): Span[] {
  return waiting.flatMap(({ index: { first, last, entries } }) =>
    first === undefined || last === undefined
      ? []
      : [{ from: unpackId(first).time, to: unpackId(last).time, entries }],
  );
}
