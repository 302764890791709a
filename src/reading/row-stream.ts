/** The wanted rows, in order, page by page. No transaction stays open between two pages. */
import type { IdRange, ReadRow, RowFilter } from '../db/row-pages.js';
import type { RowReader } from '../db/row-reader.js';
import { compareIds, type IdHalves, idFromBigInt, idToBigInt } from '../entry-id.js';
import type { Numbered, Order, OrderedStream } from '../segment/slot-stream.js';
import { FIRST_ID, type Filter, LAST_ID } from './filter.js';

/** How long a page may keep the caller's thread, roughly. */
const SLICE_MS = 3;
const FEWEST_LOOKS = 64;
const MOST_LOOKS = 100_000;
const MOST_ROWS = 512;

export class RowStream implements OrderedStream<ReadRow> {
  readonly #reader: RowReader;
  readonly #filter: RowFilter;
  readonly #order: Order;
  readonly #pause: () => Promise<void>;
  readonly #wanted: () => number;
  /** As some of what is read may be passed over, each page may be longer than the one before. */
  #times = 1;
  readonly #range: IdRange;
  #page: readonly ReadRow[] = [];
  #taken = 0;
  #after: IdHalves;
  #before: IdHalves;
  #isAtEnd = false;
  #looks = 1024;

  /**
   * `wanted`: how many more, as far as that is known. `highest`: none has a higher id, unless asked anew. `pause`: between two pages.
   */
  constructor(
    reader: RowReader,
    filter: Filter & RowFilter,
    order: Order,
    highest: IdHalves | undefined,
    wanted: () => number,
    pause: () => Promise<void>,
  ) {
    const { after = FIRST_ID, before = LAST_ID, ...others } = filter;
    this.#reader = reader;
    this.#filter = others;
    this.#order = order;
    this.#pause = pause;
    this.#wanted = wanted;
    this.#after = after;
    this.#before = before;
    this.#range = { after, before };
    // They begin behind what the others have above it, which may be all that is wanted.
    if (highest !== undefined && compareIds(highest, before) < 0)
      this.#before = idFromBigInt(idToBigInt(highest) + 1n);
  }

  get isEmpty(): boolean {
    return this.#taken === this.#page.length;
  }

  get head(): ReadRow {
    return this.#page[this.#taken]!;
  }

  get behind(): Numbered {
    const { high, low } = this.#order === 'asc' ? this.#after : this.#before;
    return { idHigh: high, idLow: low };
  }

  take(): ReadRow {
    return this.#page[this.#taken++]!;
  }

  /** There are none, unless `askAnew` says otherwise. */
  endForNow(): void {
    this.#isAtEnd = true;
  }

  /** All up to `last` was given, by whichever stream; behind it there may be rows that were not there before. */
  askAnew(last: Numbered | undefined): void {
    this.#page = [];
    this.#taken = 0;
    this.#isAtEnd = false;
    ({ after: this.#after, before: this.#before } = this.#range);
    if (last === undefined) return;
    const id = { high: last.idHigh, low: last.idLow };
    if (this.#order === 'asc') this.#after = id;
    else this.#before = id;
  }

  async fill(): Promise<void> {
    while (this.isEmpty && !this.#isAtEnd) {
      await this.#pause();
      await this.#readPage();
      this.#times *= 2;
    }
  }

  async #readPage(): Promise<void> {
    const begun = performance.now();
    const request = {
      filter: this.#filter,
      range: { after: this.#after, before: this.#before },
      order: this.#order,
      most: Math.min(Math.max(1, this.#wanted()) * this.#times, MOST_ROWS),
      looks: this.#looks,
    };
    const page = await this.#reader.ask((rows) => rows?.page(request));
    this.#page = page?.rows ?? [];
    this.#taken = 0;
    const reached = page?.reached;
    if (reached === undefined) this.#isAtEnd = true;
    else if (this.#order === 'asc') this.#after = reached;
    else this.#before = reached;
    const factor = SLICE_MS / Math.max(0.1, performance.now() - begun);
    const looks = this.#looks * Math.min(2, Math.max(0.25, factor));
    this.#looks = Math.round(Math.min(MOST_LOOKS, Math.max(FEWEST_LOOKS, looks)));
  }
}
