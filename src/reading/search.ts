/**
 * Searches: what waits is read and tried first, the newest first, then the rows are asked. What becomes a row in between is
 * found there, or in both places, and given once.
 */
import type { CancelSignal } from '../cancel-signal.js';
import { noFullText } from '../db/full-text.js';
import type { GoodRow, IdRange, ReadRow } from '../db/row-pages.js';
import type { RowSearch } from '../db/search-rows.js';
import type { ShownText, TextMatch, TextSearch } from '../db/search-texts.js';
import { formatId, type IdHalves } from '../entry-id.js';
import { giveWay } from '../give-way.js';
import type { SearchResult } from './api.js';
import { entryOf, type Found, waitingItemsOf, withTexts } from './entry-stream.js';
import { FIRST_ID, type Filter, LAST_ID } from './filter.js';
import { type Place, type Snapshot, takeSnapshot } from './snapshot.js';
import type { TailItem } from './tail-stream.js';

/** Who asks SQLite, somewhere else than in the caller's thread. */
export interface Searcher {
  /** The newest rows that match; none when there is no database. */
  rows(search: Omit<RowSearch, 'path'>, signal: CancelSignal | undefined): Promise<ReadRow[]>;
  /** Those of the texts that match, as if they were rows. */
  texts(
    search: TextSearch,
    texts: readonly ShownText[],
    signal: CancelSignal | undefined,
  ): Promise<TextMatch[]>;
}

export interface CheckedSearch {
  readonly phrases: readonly string[];
  readonly filter: Filter;
  /** So many at most. */
  readonly most: number;
  readonly signal: CancelSignal | undefined;
}

/** Waiting entries that are tried at once. */
const TRIED_ENTRIES = 256;
const TRIED_BYTES = 128 * 1024;
/** Rows that are asked for at once, if more than are wanted. */
const FEWEST_ROWS = 64;
const MOST_ROWS = 4096;

/** `withIndex`: a database that is made for this handle will have an index for searches. */
export async function search(
  place: Place,
  searcher: Searcher,
  wanted: CheckedSearch,
  withIndex: boolean,
): Promise<SearchResult[]> {
  const { most, phrases, signal } = wanted;
  signal?.throwIfAborted();
  const [snapshot, isIndexed] = await takeSnapshot(
    place,
    (rows, now) => [now, rows?.hasFullText() ?? withIndex] as const,
  );
  if (!isIndexed) throw noFullText();
  if (most === 0) return [];
  const waiting = await searchTail(place, snapshot, searcher, wanted);
  const rows = await searchRows(place, snapshot, searcher, wanted, waiting[most - 1]);
  const newest = merged(waiting, rows).slice(0, most);
  // All together, so that their ranks can be compared.
  const shown = await searcher.texts({ phrases, withSnippets: true }, newest, signal);
  return shown.map(({ n, rank, snippet }) => ({
    ...entryOf(newest[n]!),
    rank,
    snippet: snippet!.text,
    matches: snippet!.matches.map(([start, end]) => [start, end]),
  }));
}

/** What waits and matches, the newest first: as many as are wanted, or some more. */
async function searchTail(
  place: Place,
  snapshot: Snapshot,
  searcher: Searcher,
  { phrases, filter, most, signal }: CheckedSearch,
): Promise<Found[]> {
  const found: Found[] = [];
  for await (const items of inPortions(waitingItemsOf(place, snapshot, { filter, order: 'desc' }))) {
    const entries = await withTexts(place, items);
    // Reading them has taken its time, and sending them does.
    await giveWay();
    const matches = await searcher.texts({ phrases, withSnippets: false }, entries, signal);
    for (const { n } of matches) found.push(entries[n]!);
    if (found.length >= most) break;
  }
  return found;
}

async function* inPortions(crowds: AsyncIterable<TailItem[]>): AsyncGenerator<TailItem[]> {
  let portion: TailItem[] = [];
  let bytes = 0;
  for await (const items of crowds) {
    for (const item of items) {
      portion.push(item);
      bytes += item.places.bytes(item.n);
      if (portion.length < TRIED_ENTRIES && bytes < TRIED_BYTES) continue;
      yield portion;
      portion = [];
      bytes = 0;
    }
  }
  if (portion.length > 0) yield portion;
}

/** The newest rows that match and were there in the snapshot, up to the last one that can be wanted. */
async function searchRows(
  place: Place,
  { upTo, deletes }: Snapshot,
  searcher: Searcher,
  { phrases, filter, most, signal }: CheckedSearch,
  last: Found | undefined,
): Promise<GoodRow[]> {
  const { after = FIRST_ID, before = LAST_ID, ...rowFilter } = filter;
  const found: GoodRow[] = [];
  let range: IdRange = { after: last === undefined ? after : idOf(last), before };
  for (let asked = Math.max(most, FEWEST_ROWS); ; asked = Math.min(asked * 2, MOST_ROWS)) {
    const rows = await searcher.rows({ phrases, filter: rowFilter, range, most: asked }, signal);
    for (const row of rows) {
      if (!upTo.includes(row.idHigh, row.idLow)) continue;
      if ('isDamaged' in row) place.reports.damagedRow(formatId(row.idHigh, row.idLow));
      else if (!deletes.cover(row)) found.push(row);
    }
    if (rows.length < asked || found.length >= most) return found;
    range = { after: range.after, before: idOf(rows.at(-1)!) };
  }
}

/** In the order of the ids, the newest first, each once. */
function merged(waiting: readonly Found[], rows: readonly Found[]): Found[] {
  const all = [...waiting, ...rows].sort((a, b) => b.idHigh - a.idHigh || b.idLow - a.idLow);
  return all.filter(
    ({ idHigh, idLow }, i) => i === 0 || all[i - 1]!.idLow !== idLow || all[i - 1]!.idHigh !== idHigh,
  );
}

function idOf({ idHigh: high, idLow: low }: { readonly idHigh: number; readonly idLow: number }): IdHalves {
  return { high, low };
}
