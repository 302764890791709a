/** Rows of a table that are read at once, and what became of them. */
import type { Entry, JsonValue } from '../../../src/entry.js';
import { type EntryMaker, Refusal } from './entry-maker.js';
import type { Piece, Problem } from './source.js';
import type { TableRow } from './table-pages.js';
import type { Gap } from './table-rows.js';

/** Before the first row that there can be. */
export const BEGINNING = -(2n ** 63n) - 1n;
const MOST_ROWS = 500;
const MOST_BYTES = 1024 * 1024;
/** No entry is made of a longer row; and what is much longer cannot even be a text. */
const LONGEST_ROW = 64 * 1024 * 1024;

export class TablePiece {
  first: TableRow | undefined;
  last: TableRow | undefined;
  rowid = BEGINNING;
  readonly #maker: EntryMaker;
  readonly #tell: (gap: Gap) => Problem;
  readonly #place: (rowid: bigint) => string;
  readonly #entries: Entry[] = [];
  readonly #numbers: bigint[] = [];
  readonly #problems: Problem[] = [];
  #bytes = 0;

  constructor(maker: EntryMaker, tell: (gap: Gap) => Problem, place: (rowid: bigint) => string) {
    this.#maker = maker;
    this.#tell = tell;
    this.#place = place;
  }

  get isFull(): boolean {
    return this.#entries.length + this.#problems.length >= MOST_ROWS || this.#bytes >= MOST_BYTES;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#problems.length === 0;
  }

  add(found: TableRow | Gap): void {
    if ('after' in found) {
      this.#problems.push(this.#tell(found));
      // What lies behind may be there once the database was mended.
      this.rowid = found.before === undefined ? found.after : found.before - 1n;
      return;
    }
    this.first ??= found;
    this.last = found;
    this.rowid = found.rowid;
    const bytes = bytesOf(found.values);
    this.#bytes += bytes;
    try {
      if (bytes > LONGEST_ROW) throw new Refusal('it is too long for an entry');
      this.#entries.push(this.#maker.make(found.values));
      this.#numbers.push(found.rowid);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#problems.push({ where: this.#place(found.rowid), what: error.message, entries: 1 });
    }
  }

  tell(problem: Problem): void {
    this.#problems.push(problem);
  }

  finished(position: JsonValue): Piece {
    const done = Number(this.rowid);
    return {
      entries: this.#entries,
      numbers: this.#numbers,
      problems: this.#problems,
      position,
      bytes: this.#bytes,
      done,
    };
  }
}

/** About: of its texts and blobs. */
function bytesOf(values: TableRow['values']): number {
  let bytes = 0;
  for (const name in values) {
    const value = values[name];
    if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length;
  }
  return bytes;
}
