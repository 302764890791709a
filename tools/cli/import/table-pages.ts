/**
 * The rows of a damaged table as they stand on its pages, whatever has become of those that lead there. A source has no
 * checksums, so only what has the table's shape is taken for a row of it.
 *
 * Never while this process has the database open in SQLite: see page-images.ts.
 */
import { isUtf8 } from 'node:buffer';
import { type Cell, cellsOn, columnsOf, localBytes, recordOf, valueIn } from '../../../src/db/leaf-cells.js';
import { type PageImage, PageImages } from '../../../src/db/page-images.js';
import { idToBigInt } from '../../../src/entry-id.js';
import type { Table } from './table.js';

const USUAL_PAGE_BYTES = 4096;
const RESERVED_AT = 20;
const ENCODING_AT = 56;
const UTF_16 = [2, 3];
const FLOAT = 7;
const LAST_NUMBER = 9;

export interface TableRow {
  readonly rowid: bigint;
  readonly values: Readonly<Record<string, unknown>>;
}

interface Leaf {
  readonly page: number;
  readonly first: bigint;
  readonly last: bigint;
}

export class TablePages {
  readonly #path: string;
  readonly #table: Table;
  /** Pages that look like leaves of a table, mostly of this one, by their first rowids. */
  readonly #leaves: readonly Leaf[];

  /** `others`: pages of which it is known that they are other tables'. */
  constructor(path: string, table: Table, others: ReadonlySet<number>) {
    this.#path = path;
    this.#table = table;
    this.#leaves = this.#withPages((pages) => {
      const leaves: Leaf[] = [];
      for (const page of pages.all('in use')) if (!others.has(page.number)) leaves.push(...leafOf(page));
      return leaves.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
    });
  }

  /** Rowids with which a page begins that may be read, in their order. */
  *beginnings(after: bigint): Generator<bigint> {
    let last = after;
    for (const { first } of this.#leaves) {
      if (first <= last) continue;
      last = first;
      yield first;
    }
  }

  /** Those found between both, in their order. */
  *between(after: bigint, before: bigint | undefined): Generator<TableRow> {
    const pages = new PageImages(this.#path, USUAL_PAGE_BYTES);
    try {
      let last = after;
      for (const { page, first, last: end } of this.#leaves) {
        if (end <= last || (before !== undefined && first >= before)) continue;
        const bytes = pages.page(page, 'log');
        if (bytes === undefined) continue;
        for (const row of this.#rowsOn(pages, { number: page, bytes, start: page === 1 ? 100 : 0 })) {
          if (row.rowid <= last || (before !== undefined && row.rowid >= before)) continue;
          last = row.rowid;
          yield row;
        }
      }
    } finally {
      pages.close();
    }
  }

  *#rowsOn(pages: PageImages, image: PageImage): Generator<TableRow> {
    // Where the records of other pages go on would be another place.
    const head = pages.page(1, 'log');
    if ((head?.[RESERVED_AT] ?? 0) !== 0) return;
    // Its texts may be UTF-8 as well, and other ones.
    if (UTF_16.includes(head?.readUInt32BE(ENCODING_AT) ?? 0)) return;
    for (const cell of cellsOn(image)) {
      const values = this.#valuesOf(pages, image.bytes, cell);
      if (values !== undefined) yield { rowid: BigInt.asIntN(64, idToBigInt(cell.id)), values };
    }
  }

  #valuesOf(pages: PageImages, bytes: Buffer, cell: Cell): Record<string, unknown> | undefined {
    const columns = this.#table.columns.filter(({ isStored }) => isStored);
    const local = localBytes(cell.length, pages.pageBytes);
    if (cell.start + local > bytes.length) return undefined;
    const parts = columnsOf(bytes, cell, columns.length);
    // One that was added later is missing in older rows.
    if (parts === undefined || parts.length === 0 || parts.length > columns.length) return undefined;
    const record = recordOf(pages, bytes, cell, local, 'log');
    if (record === undefined) return undefined;
    const values: Record<string, unknown> = {};
    for (const [i, { name, isRowid, isRequired, hasDefault, isText }] of columns.entries()) {
      const part = parts[i];
      if (part === undefined) {
        if (isRequired && !hasDefault) return undefined;
        continue;
      }
      const { type, offset, length } = part;
      const isOfText = type > 12 && type % 2 === 1;
      if (isText && type !== 0 && type <= LAST_NUMBER) return undefined;
      if (isOfText && !isUtf8(record.subarray(offset, offset + length))) return undefined;
      const value = type === FLOAT ? record.readDoubleBE(offset) : valueIn(record, part);
      if (value === undefined || (isRowid ? value !== null : isRequired && value === null)) return undefined;
      const isLarge = typeof value === 'object' && value !== null && 'low' in value;
      values[name] = isRowid ? idToBigInt(cell.id) : isLarge ? BigInt.asIntN(64, idToBigInt(value)) : value;
    }
    return values;
  }

  #withPages<Result>(work: (pages: PageImages) => Result): Result {
    const pages = new PageImages(this.#path, USUAL_PAGE_BYTES);
    try {
      return work(pages);
    } finally {
      pages.close();
    }
  }
}

function leafOf(image: PageImage): Leaf[] {
  let leaf: Leaf | undefined;
  for (const { id } of cellsOn(image)) {
    const rowid = BigInt.asIntN(64, idToBigInt(id));
    leaf = {
      page: image.number,
      first: leaf === undefined || rowid < leaf.first ? rowid : leaf.first,
      last: leaf === undefined || rowid > leaf.last ? rowid : leaf.last,
    };
  }
  return leaf === undefined ? [] : [leaf];
}
