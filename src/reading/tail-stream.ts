/** The wanted entries of one slot's waiting segments, in order: where they stand, not yet what they say. */
import { compareIds } from '../entry-id.js';
import type { Order, OrderedStream } from '../segment/slot-stream.js';
import { type Filter, matcherOf } from './filter.js';
import type { Places } from './segment-index.js';
import type { View } from './snapshot.js';
import type { Tail, Waiting } from './tail.js';

/** An entry of a waiting segment. */
export interface TailItem {
  readonly idHigh: number;
  readonly idLow: number;
  readonly waiting: Waiting;
  readonly places: Places;
  /** Which one of the segment. */
  readonly n: number;
}

const MOST_AT_HAND = 512;
/** How many are looked at before others have their turn. */
const MOST_LOOKS = 50_000;

export class TailStream implements OrderedStream<TailItem> {
  readonly #tail: Tail;
  readonly #filter: Filter;
  readonly #order: Order;
  readonly #views: View[];
  readonly #pause: () => Promise<void>;
  #most: number;
  readonly #onGone: () => void;
  #candidates: Candidates | undefined;
  #items: TailItem[] = [];
  #taken = 0;

  /** `views` are of one slot. `onGone`: a segment has become rows before it was read. */
  constructor(
    tail: Tail,
    views: readonly View[],
    filter: Filter,
    order: Order,
    most = MOST_AT_HAND,
    pause: () => Promise<void>,
    onGone: () => void,
  ) {
    this.#tail = tail;
    this.#filter = filter;
    this.#order = order;
    const wanted = views.filter((view) => mayHold(view, filter));
    this.#views = order === 'asc' ? wanted.reverse() : wanted;
    this.#pause = pause;
    this.#most = Math.min(most, MOST_AT_HAND);
    this.#onGone = onGone;
  }

  get isEmpty(): boolean {
    return this.#taken === this.#items.length;
  }

  get head(): TailItem {
    return this.#items[this.#taken]!;
  }

  take(): TailItem {
    return this.#items[this.#taken++]!;
  }

  async fill(): Promise<void> {
    while (this.isEmpty) {
      await this.#pause();
      this.#candidates ??= await this.#open();
      if (this.#candidates === undefined) return;
      this.#items = this.#candidates.next(this.#most);
      this.#most = Math.min(this.#most * 2, MOST_AT_HAND);
      this.#taken = 0;
      if (this.#candidates.isAtEnd) this.#candidates = undefined;
    }
  }

  /** The next segment of which it is known where its entries stand. */
  async #open(): Promise<Candidates | undefined> {
    for (let view = this.#views.pop(); view !== undefined; view = this.#views.pop()) {
      const places = await this.#tail.placesOf(view.waiting);
      if (places !== undefined) return new Candidates(view, places, this.#filter, this.#order);
      this.#onGone();
    }
    return undefined;
  }
}

/** What the sums of a segment, and its ids, say before anything of it is looked at. */
function mayHold({ waiting: { index } }: View, { taskId, types, after, before }: Filter): boolean {
  if (after !== undefined && compareIds(index.last!, after) <= 0) return false;
  if (before !== undefined && compareIds(index.first!, before) >= 0) return false;
  if (taskId === undefined) return true;
  const sums = index.sumsOf(taskId);
  return sums !== undefined && (types === undefined || types.some((type) => sums.has(type)));
}

/** The entries of one segment that may be wanted, one after the other. */
class Candidates {
  readonly #waiting: Waiting;
  readonly #places: Places;
  readonly #matches: (n: number) => boolean;
  /** The numbers of a task's entries; undefined for all. */
  readonly #ofTask: readonly number[] | undefined;
  readonly #step: 1 | -1;
  #at: number;
  readonly #end: number;

  constructor({ waiting, ...view }: View, places: Places, filter: Filter, order: Order) {
    this.#waiting = waiting;
    // Made anew, they may be fewer.
    const entries = Math.min(view.entries, places.entries);
    this.#places = places;
    const { taskId, after, before } = filter;
    const matches = matcherOf(filter, places);
    this.#matches = matches === 'none' ? () => false : matches;
    this.#ofTask = taskId === undefined ? undefined : places.ofTask(taskId);
    // Numbers of entries, then where those are in the task's list.
    let from = after === undefined ? 0 : places.countBelow(after, entries);
    if (after !== undefined && isAt(places, from, entries, after)) from++;
    let to = before === undefined ? entries : places.countBelow(before, entries);
    if (matches === 'none') to = from;
    if (this.#ofTask !== undefined) {
      from = countBelow(this.#ofTask, from);
      to = countBelow(this.#ofTask, to);
    }
    this.#step = order === 'asc' ? 1 : -1;
    this.#at = order === 'asc' ? from : to - 1;
    this.#end = order === 'asc' ? Math.max(from, to) : Math.min(from, to) - 1;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  next(most: number): TailItem[] {
    const places = this.#places;
    const items: TailItem[] = [];
    for (let looks = 0; !this.isAtEnd && looks < MOST_LOOKS && items.length < most; looks++) {
      const n = this.#ofTask === undefined ? this.#at : this.#ofTask[this.#at]!;
      this.#at += this.#step;
      if (this.#matches(n))
        items.push({ idHigh: places.high(n), idLow: places.low(n), waiting: this.#waiting, places, n });
    }
    return items;
  }
}

function isAt(
  places: Places,
  n: number,
  entries: number,
  id: { readonly high: number; readonly low: number },
): boolean {
  return n < entries && places.high(n) === id.high && places.low(n) === id.low;
}

/** How many of the ascending numbers are below this one. */
function countBelow(numbers: readonly number[], limit: number): number {
  let [from, to] = [0, numbers.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (numbers[middle]! < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
