/**
 * How many entries there are: from the counters of the database and the sums of the waiting segments, in time that does
 * not depend on how many they are. Only while a delete waits to be carried out, the tasks that it names are counted
 * through.
 */
import { textBytes } from '../db/row.js';
import type { Rows, TypeSum } from '../db/row-reader.js';
import { compareIds, formatId } from '../entry-id.js';
import { giveWay } from '../give-way.js';
import type { TaskSummary } from './api.js';
import { type Item, itemsOf } from './entry-stream.js';
import type { Filter } from './filter.js';
import type { Places, SegmentIndex, Sum } from './segment-index.js';
import { type Place, type Snapshot, snapshotNow, takeSnapshot } from './snapshot.js';
import { sortInPieces } from './sort-in-pieces.js';

const MOST_SUMS = 1000;
/** Of tasks that are gone through, between two looks at the clock. */
const PIECE = 256;

export async function countEntries(place: Place, filter: Pick<Filter, 'taskId' | 'types'>): Promise<number> {
  const { taskId, types } = filter;
  if (taskId === undefined) return (await countAll(place, () => new Total(types))).total;
  const [counts, snapshot] = await takeSnapshot(place, (rows, now) => {
    const told = new Total(types);
    if (!isNamed(taskId, now)) told.addTask(taskId, rows, now);
    return [told, now] as const;
  });
  if (isNamed(taskId, snapshot)) await countThrough(place, { taskId, snapshot }, counts);
  return counts.total;
}

/** All tasks that have entries, those with the newest ones first. */
export async function summarizeTasks(place: Place): Promise<TaskSummary[]> {
  return await (await countAll(place, () => new Counts())).summaries();
}

/** Something that cannot be told from sums: a task, or all of them. */
interface Left {
  readonly taskId: string | undefined;
  readonly snapshot: Snapshot;
}

/** What of a snapshot can be added after its moment. */
interface Rest {
  /** Tasks whose sums say nothing, as deletes name them; with null among them, all. */
  readonly named: ReadonlySet<string | null>;
  readonly left: readonly Left[];
  /** Segments that do not change any more. */
  readonly finished: readonly SegmentIndex[];
  /** Segments that grow, with more tasks than can be added in a moment. */
  readonly growing: readonly Growing[];
}

/** The first entries of a segment, which do not change, whatever comes behind them. */
interface Growing {
  readonly places: Places;
  readonly entries: number;
}

async function countAll<Into extends Total>(place: Place, make: () => Into): Promise<Into> {
  const few = await takeSnapshot(place, (rows, snapshot) => {
    const sums = rows?.sums(undefined, MOST_SUMS) ?? [];
    if (sums.length === MOST_SUMS) return undefined;
    const counts = make();
    const rest = addGrowing(counts, snapshot);
    addSums(counts, rest, sums);
    return { counts, rest };
  });
  const { counts, rest } = few ?? (await addMany(place, make()));
  for (const index of rest.finished) await counts.addFinished(index, rest.named);
  for (const one of rest.growing) await counts.addGrowing(one, rest.named);
  for (const one of rest.left) await countThrough(place, one, counts);
  return counts;
}

/** So many that they take more than a moment: all from one state nevertheless, which is held for as long. */
async function addMany<Into extends Total>(
  place: Place,
  counts: Into,
): Promise<{ counts: Into; rest: Rest }> {
  await place.tail.refresh();
  return place.rows.hold(async (rows) => {
    const snapshot = snapshotNow(place.tail, rows);
    const rest = addGrowing(counts, snapshot);
    for (let last: TypeSum | undefined; rows !== undefined && !rest.named.has(null); ) {
      const sums = rows.sums(last, MOST_SUMS);
      addSums(counts, rest, sums);
      if (sums.length < MOST_SUMS) break;
      last = sums.at(-1);
      await giveWay();
    }
    return { counts, rest };
  });
}

/** What changes after this moment. */
function addGrowing(counts: Total, snapshot: Snapshot): Rest {
  const named = new Set(snapshot.deletes.tasks);
  const finished: SegmentIndex[] = [];
  const growing: Growing[] = [];
  if (named.has(null)) return { named, left: [{ taskId: undefined, snapshot }], finished, growing };
  for (const { waiting, entries } of snapshot.views) {
    const { index, isFinished } = waiting;
    if (isFinished) finished.push(index);
    else if (counts.isMuch(index, named)) growing.push({ places: index.places!, entries });
    else counts.addSegment(index, named);
  }
  return { named, left: [...named].map((taskId) => ({ taskId: taskId!, snapshot })), finished, growing };
}

function addSums(counts: Total, { named }: Rest, sums: ReturnType<Rows['sums']>): void {
  if (named.has(null)) return;
  for (const { taskId, type, ...sum } of sums) if (!named.has(taskId)) counts.add(taskId, type, sum);
}

async function countThrough(place: Place, { taskId, snapshot }: Left, counts: Total): Promise<void> {
  for await (const items of itemsOf(place, snapshot, { filter: { taskId }, order: 'asc' }))
    for (const item of items) counts.addItem(item);
}

function isNamed(taskId: string, { deletes }: Snapshot): boolean {
  if (deletes.isEmpty) return false;
  const named = new Set(deletes.tasks);
  return named.has(null) || named.has(taskId);
}

/** How many there are together. */
class Total {
  readonly types: ReadonlySet<string> | undefined;
  total = 0;

  /** Undefined for all types. */
  constructor(types: readonly string[] | undefined) {
    this.types = types === undefined ? undefined : new Set(types);
  }

  add(_taskId: string, type: string, { entries }: Sum): void {
    if (this.types === undefined || this.types.has(type)) this.total += entries;
  }

  addSegment(index: SegmentIndex, but: ReadonlySet<string | null>): void {
    if (but.size > 0) for (const one of index.tasks) this.addTypes(one, but);
    else if (this.types === undefined) this.total += index.entries;
    else for (const type of this.types) this.total += index.ofType(type);
  }

  /** Whether adding the segment at once would take more than a moment. */
  isMuch(index: SegmentIndex, but: ReadonlySet<string | null>): boolean {
    return but.size > 0 && index.tasks.size > MOST_SUMS;
  }

  async addGrowing({ places, entries }: Growing, but: ReadonlySet<string | null>): Promise<void> {
    for (let n = 0; n < entries; n++) {
      if (!but.has(places.names(n).taskId)) this.#addPlace(places, n);
      if (n % PIECE === 0) await giveWay();
    }
  }

  /** As `addSegment`, in pieces. */
  async addFinished(index: SegmentIndex, but: ReadonlySet<string | null>): Promise<void> {
    if (but.size === 0) this.addSegment(index, but);
    else await this.addTasks(index, but);
  }

  protected async addTasks(index: SegmentIndex, but: ReadonlySet<string | null>): Promise<void> {
    let n = 0;
    for (const one of index.tasks) {
      this.addTypes(one, but);
      if (++n % PIECE === 0) await giveWay();
    }
  }

  protected addTypes(
    [taskId, types]: readonly [string, ReadonlyMap<string, Sum>],
    but: ReadonlySet<string | null>,
  ): void {
    if (but.has(taskId)) return;
    for (const [type, sum] of types) this.add(taskId, type, sum);
  }

  addTask(taskId: string, rows: Rows | undefined, { views }: Snapshot): void {
    for (const { type, ...sum } of rows?.sumsOf(taskId) ?? []) this.add(taskId, type, sum);
    for (const { waiting } of views) {
      for (const [type, sum] of waiting.index.sumsOf(taskId) ?? []) this.add(taskId, type, sum);
    }
  }

  addItem(item: Item): void {
    if ('places' in item) this.#addPlace(item.places, item.n);
    else {
      const { taskId, type, idHigh: high, idLow: low, timestamp } = item;
      this.add(taskId, type, sumOfOne(high, low, textBytes(item), timestamp));
    }
  }

  #addPlace(places: Places, n: number): void {
    const { taskId, type, timestamp } = places.names(n);
    this.add(taskId, type, sumOfOne(places.high(n), places.low(n), places.bytes(n), timestamp));
  }
}

function sumOfOne(high: number, low: number, bytes: number, lastTimestamp: number): Sum {
  return { entries: 1, bytes, last: { high, low }, lastTimestamp };
}

/** How many each task has. */
class Counts extends Total {
  readonly #tasks = new Map<string, Map<string, Sum>>();

  constructor() {
    super(undefined);
  }

  override add(taskId: string, type: string, { entries, bytes, last, lastTimestamp }: Sum): void {
    let types = this.#tasks.get(taskId);
    if (types === undefined) {
      types = new Map();
      this.#tasks.set(taskId, types);
    }
    const sum = types.get(type);
    if (sum === undefined) {
      types.set(type, { entries, bytes, last, lastTimestamp });
      return;
    }
    sum.entries += entries;
    sum.bytes += bytes;
    if (compareIds(sum.last, last) > 0) return;
    sum.last = last;
    sum.lastTimestamp = lastTimestamp;
  }

  override isMuch(index: SegmentIndex): boolean {
    return index.tasks.size > MOST_SUMS;
  }

  override addSegment(index: SegmentIndex, but: ReadonlySet<string | null>): void {
    for (const one of index.tasks) this.addTypes(one, but);
  }

  override addFinished(index: SegmentIndex, but: ReadonlySet<string | null>): Promise<void> {
    return this.addTasks(index, but);
  }

  async summaries(): Promise<TaskSummary[]> {
    const all: TaskSummary[] = [];
    for (const [taskId, types] of this.#tasks) {
      const sums = [...types.values()];
      const { last, lastTimestamp } = sums.reduce((a, b) => (compareIds(a.last, b.last) < 0 ? b : a));
      all.push({
        taskId,
        entries: sums.reduce((total, { entries }) => total + entries, 0),
        bytes: sums.reduce((total, { bytes }) => total + bytes, 0),
        lastId: formatId(last.high, last.low),
        lastTimestamp,
        types: Object.fromEntries([...types].map(([type, { entries }]) => [type, entries])),
      });
      if (all.length % PIECE === 0) await giveWay();
    }
    return sortInPieces(all, (a, b) => a.lastId > b.lastId);
  }
}
