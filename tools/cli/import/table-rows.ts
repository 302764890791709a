/**
 * The rows of a table in the order of their rowids, a few at a time, so that whoever writes to it is not held up. What SQLite
 * cannot read is gone around: it is looked for on the pages themselves, and what is not there either is told.
 */
import type { Connection, Statement } from '../../../src/db/better-sqlite3.js';
import { damage } from '../../../src/db/damage.js';
import { explainSource, isUnreadable, openSource, pagesOfOthers, quoted, type Table } from './table.js';
import { TablePages, type TableRow } from './table-pages.js';

/** Rowids between both, which are not in it, of which no row could be read. */
export interface Gap {
  readonly after: bigint;
  /** Undefined: nothing behind could be read. */
  readonly before: bigint | undefined;
}

/** Rows that are read at once. Of more, the garbage collector would move most while they wait for their turn. */
const SOME = 500;
const SOME_CHARACTERS = 1024 * 1024;
const HIGHEST = 2n ** 63n - 1n;

export class TableRows {
  readonly #path: string;
  readonly #table: Table;
  #db: Connection | undefined;
  #statement: Statement | undefined;
  #pages: TablePages | undefined;

  constructor(path: string, table: Table) {
    this.#path = path;
    this.#table = table;
  }

  *from(after: bigint): Generator<TableRow | Gap, void, void> {
    let last = after;
    while (last < HIGHEST) {
      const { rows, failure, isEnd } = this.#some(last);
      for (const row of rows) yield row;
      last = rows.at(-1)?.rowid ?? last;
      if (failure !== undefined) {
        if (!isUnreadable(failure)) throw explainSource(this.#path, failure);
        const next = yield* this.#goAround(last);
        if (next === undefined) return;
        last = next;
      } else if (isEnd) return;
    }
  }

  /** Columns whose texts are not what the database holds, which are no characters. Of the row that came last. */
  misread({ rowid, values }: TableRow): string[] {
    // On pages only texts that are some are taken.
    if (this.#db === undefined) return [];
    const { columns } = this.#table;
    if (!columns.some(({ name }) => hasReplaced(values[name]))) return [];
    const names = columns.map((column) => column.name).filter((column) => hasReplaced(values[column]));
    const { name, rowid: id } = this.#table;
    const isSame = names.map((column) => `${quoted(column)} COLLATE BINARY IS ?`).join(', ');
    const same = this.#db
      .prepare(`SELECT ${isSame} FROM ${quoted(name)} NOT INDEXED WHERE ${id} = ?`)
      .raw()
      .get(...names.map((column) => values[column]), rowid) as number[];
    return names.filter((_, i) => same[i] === 0);
  }

  close(): void {
    this.#db?.close();
    this.#db = undefined;
    this.#statement = undefined;
  }

  /** As many as may be held at once, and why there are no more, if that is damage. */
  #some(after: bigint): { rows: TableRow[]; failure?: unknown; isEnd: boolean } {
    const { columns } = this.#table;
    const names = columns.map(({ name }) => name);
    const rows: TableRow[] = [];
    let last = after;
    let characters = 0;
    try {
      for (const row of this.#prepared().iterate(after + 1n, SOME) as IterableIterator<unknown[]>) {
        const rowid = row[0] as bigint;
        if (rowid <= last) throw damage('rows are not in their order');
        last = rowid;
        const values: Record<string, unknown> = {};
        // Behind the rowid stand the columns.
        for (let i = 0; i < names.length; i++) {
          const value = row[i + 1];
          values[names[i]!] = value;
          if (typeof value === 'string') characters += value.length;
          else if (value instanceof Uint8Array) characters += value.length;
        }
        rows.push({ rowid, values });
        if (characters >= SOME_CHARACTERS) return { rows, isEnd: false };
      }
      return { rows, isEnd: rows.length < SOME };
    } catch (failure) {
      return { rows, failure, isEnd: false };
    }
  }

  /** Behind which SQLite can read again; undefined when that is nowhere. */
  *#goAround(after: bigint): Generator<TableRow | Gap, bigint | undefined, void> {
    this.#pages ??= this.#lookAtPages();
    this.close();
    const next = this.#nextReadable(this.#pages, after);
    this.close();
    let last = after;
    for (const row of this.#pages.between(after, next)) {
      if (row.rowid > last + 1n) yield { after: last, before: row.rowid };
      last = row.rowid;
      yield row;
    }
    if (next === undefined) {
      yield { after: last, before: undefined };
      return undefined;
    }
    if (next > last + 1n) yield { after: last, before: next };
    return next - 1n;
  }

  #lookAtPages(): TablePages {
    this.close();
    const others = this.#unlessDamaged(() => {
      const db = openSource(this.#path);
      try {
        return pagesOfOthers(db, this.#table);
      } finally {
        db.close();
      }
    });
    return new TablePages(this.#path, this.#table, others ?? new Set());
  }

  /** The first row that SQLite reaches again. */
  #nextReadable(pages: TablePages, after: bigint): bigint | undefined {
    // Without the table's own definition nothing can be reached.
    const statement = this.#unlessDamaged(() => this.#prepared());
    if (statement === undefined) return undefined;
    for (const start of pages.beginnings(after)) {
      const row = this.#unlessDamaged(() => statement.get(start, 1)) as [bigint] | undefined;
      const rowid = row?.[0];
      if (rowid !== undefined && rowid > after) return rowid;
    }
    return undefined;
  }

  #unlessDamaged<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (isUnreadable(error)) return undefined;
      throw explainSource(this.#path, error);
    }
  }

  #prepared(): Statement {
    if (this.#statement !== undefined) return this.#statement;
    const { name, columns, rowid } = this.#table;
    this.#db = openSource(this.#path);
    const all = columns.map((column) => quoted(column.name)).join(', ');
    this.#statement = this.#db
      .prepare(
        `SELECT ${rowid}, ${all} FROM ${quoted(name)} NOT INDEXED WHERE ${rowid} >= ? ORDER BY ${rowid} LIMIT ?`,
      )
      .safeIntegers()
      .raw();
    return this.#statement;
  }
}

function hasReplaced(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\ufffd');
}
