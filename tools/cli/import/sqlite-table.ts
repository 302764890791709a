/** A table of an SQLite database as a source. Its position is a rowid. */
import { realpathSync } from 'node:fs';
import type { JsonValue } from '../../../src/entry.js';
import { printableName } from '../../../src/printable.js';
import { CliError, UsageError } from '../errors.js';
import { EntryMaker } from './entry-maker.js';
import { columnJson } from './lossless-json.js';
import { ENTRY_FIELDS, type Mapping, mappingText } from './mapping.js';
import { type Witness, Witnesses } from './same-rows.js';
import type { Piece, Problem, Source } from './source.js';
import { explainSource, isUnreadable, openSource, type Table, tableOf } from './table.js';
import { TablePages } from './table-pages.js';
import { BEGINNING, TablePiece } from './table-piece.js';
import { type Gap, TableRows } from './table-rows.js';

interface Position {
  readonly rowid: string;
  readonly first?: Witness;
  readonly last?: Witness;
}

export class SqliteTable implements Source {
  readonly key: string;
  readonly name: string;
  readonly mapping: string;
  readonly size: number;
  readonly #path: string;
  readonly #table: Table;
  readonly #witnesses: Witnesses;
  readonly #maker: EntryMaker;

  /** `usual`: what the table is like where the database cannot tell any more. */
  constructor(path: string, wanted: string, mapping: Mapping, usual?: Table) {
    this.#path = realpathSync(path);
    const [table, size] = lookAt(this.#path, path, wanted, usual);
    this.#table = withoutComputed(table, mapping);
    this.key = `sqlite ${this.#path} ${table.name}`;
    this.name = `${printableName(table.name)} of ${path}`;
    this.mapping = mappingText(mapping);
    this.size = size;
    requireColumns(table, mapping, path);
    const { taskId = 'taskId', timestamp = 'timestamp' } = mapping.fields;
    this.#witnesses = new Witnesses(this.#table, [taskId, timestamp]);
    this.#maker = new EntryMaker(mapping, { jsonOf: columnJson, omitsNull: true });
  }

  *pieces(from: JsonValue | undefined): Generator<Piece, void, void> {
    const begun = from as unknown as Position | undefined;
    if (begun !== undefined) this.#check(begun);
    let { first, last } = begun ?? {};
    const rows = new TableRows(this.#path, this.#table);
    try {
      let piece = this.#newPiece();
      const finish = (): Piece => {
        first ??= piece.first && this.#witnesses.of(piece.first);
        if (piece.last !== undefined) last = this.#witnesses.of(piece.last);
        const position = { rowid: String(piece.rowid), ...(first && { first }), ...(last && { last }) };
        const finished = piece.finished(position as unknown as JsonValue);
        piece = this.#newPiece();
        return finished;
      };
      for (const found of rows.from(begun === undefined ? BEGINNING : BigInt(begun.rowid))) {
        piece.add(found);
        if ('values' in found)
          for (const column of rows.misread(found)) piece.tell(this.#misread(found.rowid, column));
        if (piece.isFull) yield finish();
      }
      if (!piece.isEmpty) yield finish();
    } finally {
      rows.close();
    }
  }

  #newPiece(): TablePiece {
    return new TablePiece(
      this.#maker,
      (gap) => this.#gap(gap),
      (rowid) => this.place(rowid),
    );
  }

  place(number: number | bigint): string {
    return `row ${number} of ${this.name}`;
  }

  #misread(rowid: bigint, column: string): Problem {
    const what = `${printableName(column)} has what is no character, which became U+FFFD`;
    return { where: this.place(rowid), what, entries: 0 };
  }

  #gap({ after, before }: Gap): Problem {
    const isOne = before !== undefined && before === after + 2n;
    const [from, to] = [after + 1n, before === undefined ? undefined : before - 1n];
    const rows = isOne
      ? `row ${from}`
      : after === BEGINNING
        ? to === undefined
          ? 'all rows'
          : `rows up to ${to}`
        : to === undefined
          ? `what there was from row ${from} on`
          : `rows ${from} to ${to}`;
    return {
      where: `${rows} of ${this.name}`,
      what: 'what there was cannot be read: the database is damaged, or the disk',
      entries: null,
    };
  }

  #check({ rowid, first, last }: Position): void {
    if (first === undefined || last === undefined) return;
    let db: ReturnType<typeof openSource> | undefined;
    try {
      db = openSource(this.#path);
      this.#witnesses.check(db, this.#table, this.name, first, last, BigInt(rowid));
    } catch (error) {
      if (error instanceof CliError) throw error;
      if (!isUnreadable(error)) throw explainSource(this.#path, error);
    } finally {
      db?.close();
    }
  }
}

/** The table, and the highest rowid. */
function lookAt(real: string, path: string, wanted: string, usual: Table | undefined): [Table, number] {
  let db: ReturnType<typeof openSource> | undefined;
  try {
    db = openSource(real);
    const table = tableOf(db, wanted, path);
    return [table, highest(db, table)];
  } catch (error) {
    // Before its file is read beside it: closing that would drop SQLite's locks.
    db?.close();
    if (usual !== undefined && isUnreadable(error) && hasRows(real, usual)) return [usual, 0];
    throw explainSource(path, error);
  } finally {
    db?.close();
  }
}

/** On any page: what has none may never have been a database. */
function hasRows(real: string, table: Table): boolean {
  const { done } = new TablePages(real, table, new Set()).between(BEGINNING, undefined).next();
  return done !== true;
}

/** What SQLite computes from the others is read where the mapping asks for it only: it may fail, and nothing gets lost. */
function withoutComputed(table: Table, { fields }: Mapping): Table {
  const mapped = ENTRY_FIELDS.map((field) => fields[field] ?? field);
  return {
    ...table,
    columns: table.columns.filter(({ name, isStored }) => isStored || mapped.includes(name)),
  };
}

/** For the progress only. */
function highest(db: ReturnType<typeof openSource>, { name, rowid }: Table): number {
  try {
    return Number(
      db
        .prepare(`SELECT max(${rowid}) FROM "${name.replaceAll('"', '""')}"`)
        .pluck()
        .get() ?? 0,
    );
  } catch (error) {
    if (isUnreadable(error)) return 0;
    throw error;
  }
}

function requireColumns({ name, columns }: Table, { fields }: Mapping, path: string): void {
  const names = columns.map((column) => column.name);
  const needed = ['taskId', 'timestamp', 'text'] as const;
  for (const field of ENTRY_FIELDS) {
    const wanted = fields[field] ?? ((needed as readonly string[]).includes(field) ? field : undefined);
    if (wanted === undefined || names.includes(wanted)) continue;
    throw new UsageError(
      `${printableName(name)} of ${path} has no column ${printableName(wanted)} for ${field}; it has ${names.map(printableName).join(', ')}: say which with --map ${field}=COLUMN`,
    );
  }
}
