/**
 * Entries in the order of their ids: the rows of the database, merged with the segments that are not in it yet.
 *
 * What becomes a row after the reading began is met twice, at the same place, and given once; a segment that was let go
 * of before it was read has become rows behind all that was given so far, which are then asked for anew.
 */
import type { GoodRow, ReadRow } from '../db/row-pages.js';
import { slotOf } from '../deletion.js';
import type { CheckedEntry, JsonValue, StoredEntry } from '../entry.js';
import { compareIds, formatId, type IdHalves, idFromBigInt, idToBigInt } from '../entry-id.js';
import { AgentLogError } from '../errors.js';
import { giveWay } from '../give-way.js';
import { groupBy } from '../group-by.js';
import { type Numbered, nextInOrder, type Order, type OrderedStream } from '../segment/slot-stream.js';
import { FIRST_ID, type Filter } from './filter.js';
import type { Position } from './position.js';
import { RowStream } from './row-stream.js';
import { type Place, type Snapshot, takeSnapshot } from './snapshot.js';
import { type TailItem, TailStream } from './tail-stream.js';
import { textsOf } from './tail-texts.js';

export interface Wanted {
  readonly filter: Filter;
  readonly order: Order;
  /** So many at most. */
  readonly most?: number;
  /** Only what lies behind it. */
  readonly from?: Position;
  /** Throws when nobody waits for it any more. */
  readonly check?: () => void;
}

/** An entry with its id in halves, its detail still as text. */
export interface Found extends CheckedEntry, Numbered {}

export type Item = TailItem | GoodRow;

const ROWS_AT_ONCE = 64;

/** In pieces, each of what was at hand. */
export async function* readEntries(
  place: Place,
  snapshot: Snapshot,
  wanted: Wanted,
): AsyncGenerator<Found[]> {
  let left = wanted.most ?? Number.POSITIVE_INFINITY;
  if (left === 0) return;
  for await (const items of itemsOf(place, snapshot, wanted)) {
    for (let from = 0; from < items.length && left > 0; ) {
      const to = Math.min(items.length, from + left);
      const found = await withTexts(place, items.slice(from, to));
      from = to;
      left -= found.length;
      yield found;
    }
    if (left === 0) return;
  }
}

/** What is wanted, without what waiting entries say. */
export async function* itemsOf(place: Place, snapshot: Snapshot, wanted: Wanted): AsyncGenerator<Item[]> {
  const { order, from } = wanted;
  const { upTo, deletes } = snapshot;
  const pause = async () => {
    await giveWay();
    wanted.check?.();
  };
  let last: Numbered | undefined;
  let left = wanted.most ?? Number.POSITIVE_INFINITY;
  const rows = rowsOf(place, snapshot, wanted, () => left, pause);
  const tails = tailsOf(place, snapshot, wanted, pause, () => rows.askAnew(last));
  // The rows last: filling the others may show that there are more rows.
  const streams: OrderedStream<TailItem | ReadRow>[] = [...tails, rows];
  let given: Numbered | undefined;
  for (;;) {
    // Each crowd is a moment's work, but nobody knows how many of them are passed over.
    await pause();
    const crowd = await nextInOrder(streams, order);
    if (crowd.length === 0) return;
    const items: Item[] = [];
    for (const item of crowd) {
      last = item;
      const { idHigh, idLow } = item;
      // A row and the entry that it was made of: either serves.
      if (given !== undefined && idLow === given.idLow && idHigh === given.idHigh) continue;
      if (!upTo.includes(idHigh, idLow) || from?.includes(idHigh, idLow)) continue;
      if ('isDamaged' in item) {
        place.reports.damagedRow(formatId(idHigh, idLow));
        continue;
      }
      given = item;
      if (!deletes.isEmpty && deletes.cover('places' in item ? item.places.deletable(item.n) : item))
        continue;
      items.push(item);
    }
    left -= items.length;
    if (items.length > 0) yield items;
  }
}

/** As `itemsOf`, but only what waits; what has become a row meanwhile may be missing. */
export async function* waitingItemsOf(
  place: Place,
  snapshot: Snapshot,
  wanted: Wanted,
): AsyncGenerator<TailItem[]> {
  const streams = tailsOf(place, snapshot, wanted, giveWay, () => undefined);
  for (;;) {
    const crowd = await nextInOrder(streams, wanted.order);
    if (crowd.length === 0) return;
    const items = crowd.filter(({ places, n }) => !snapshot.deletes.cover(places.deletable(n)));
    if (items.length > 0) yield items;
  }
}

export function entryOf({ idHigh, idLow, taskId, type, text, agent, detail, timestamp }: Found): StoredEntry {
  const entry: StoredEntry = { id: formatId(idHigh, idLow), taskId, type, text, timestamp };
  if (agent !== undefined) entry.agent = agent;
  if (detail !== undefined) entry.detail = parseDetail(detail, entry.id);
  return entry;
}

function parseDetail(detail: string, id: string): JsonValue {
  try {
    return JSON.parse(detail) as JsonValue;
  } catch (error) {
    const message = `the detail of entry ${id} is no JSON, and its checksums are right: no agentlog has written it`;
    throw new AgentLogError('AGENTLOG_IO', message, { cause: error });
  }
}

/** The entry with this id, if there is one. */
export async function findEntry(place: Place, id: IdHalves): Promise<StoredEntry | undefined> {
  const snapshot = await takeSnapshot(place, (_, taken) => taken);
  const number = idToBigInt(id);
  // No entry has the first or the last id of all.
  if (number === 0n) return undefined;
  const filter = { after: idFromBigInt(number - 1n), before: idFromBigInt(number + 1n) };
  for await (const [found] of readEntries(place, snapshot, { filter, order: 'asc', most: 1 }))
    return found === undefined ? undefined : entryOf(found);
  return undefined;
}

/** Without those that were deleted meanwhile, or cannot be read any more. */
export async function withTexts(place: Place, items: readonly Item[]): Promise<Found[]> {
  const waiting = items.filter((item) => 'places' in item);
  if (waiting.length === 0) return items as Found[];
  const texts = await textsOf(place, waiting);
  const rows = await rowsInsteadOf(
    place,
    waiting.filter((item) => !texts.has(item)),
  );
  const found: Found[] = [];
  for (const item of items) {
    const one = 'places' in item ? (texts.get(item) ?? rows.get(item)) : item;
    if (one !== undefined) found.push(one);
  }
  return found;
}

/** Of entries whose segments were let go of meanwhile; without those that were deleted. */
async function rowsInsteadOf(place: Place, items: readonly TailItem[]): Promise<Map<TailItem, Found>> {
  const found = new Map<TailItem, Found>();
  for (let from = 0; from < items.length; from += ROWS_AT_ONCE) {
    await giveWay();
    const asked = items.slice(from, from + ROWS_AT_ONCE);
    const rows = await place.rows.ask((all) => asked.map(({ idHigh, idLow }) => all?.row(idHigh, idLow)));
    for (const [i, item] of asked.entries()) {
      const { idHigh, idLow, waiting, places, n } = item;
      const row = rows[i];
      if (row === undefined) place.tail.reportIfThere(waiting, places.offset(n), places.length(n));
      else if ('isDamaged' in row) place.reports.damagedRow(formatId(idHigh, idLow));
      else found.set(item, row);
    }
  }
  return found;
}

function tailsOf(
  place: Place,
  { views }: Snapshot,
  wanted: Wanted,
  pause: () => Promise<void>,
  onGone: () => void,
): TailStream[] {
  const { filter, order, most, from } = wanted;
  const slots = groupBy(views, ({ waiting }) => waiting.slot);
  return [...slots].map(([slot, ofSlot]) => {
    const after = later(filter.after, from?.of(slot));
    return new TailStream(place.tail, ofSlot, { ...filter, after }, order, most, pause, onGone);
  });
}

function rowsOf(
  place: Place,
  snapshot: Snapshot,
  wanted: Wanted,
  left: () => number,
  pause: () => Promise<void>,
): RowStream {
  const { filter, order, from } = wanted;
  const { deletes, rowsEndAt, upTo } = snapshot;
  const isWanted = ({ high, low }: IdHalves) =>
    !from?.includes(high, low) &&
    !(filter.taskId !== undefined && deletes.coverAll(filter.taskId, { high, low }));
  // Also slots that have no rows yet: what waits may become rows before it is read.
  const all = upTo.ids();
  const ends = all.filter(isWanted);
  let { after } = filter;
  if (from !== undefined && ends.length > 0)
    after = later(after, lowest(ends.map(({ low }) => from.of(slotOf(low)) ?? FIRST_ID)));
  const slots = ends.length < all.length ? ends.map(({ low }) => slotOf(low)) : undefined;
  const highest = rowsEndAt.filter(isWanted).reduce<IdHalves | undefined>(later, undefined);
  const rows = new RowStream(place.rows, { ...filter, after, slots }, order, highest, left, pause);
  if (highest === undefined) rows.endForNow();
  return rows;
}

function lowest(ids: readonly IdHalves[]): IdHalves {
  return ids.reduce((a, b) => (compareIds(a, b) < 0 ? a : b));
}

function later(a: IdHalves | undefined, b: IdHalves | undefined): IdHalves | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareIds(a, b) < 0 ? b : a;
}
