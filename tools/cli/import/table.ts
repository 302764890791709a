/** A table of somebody else's database: opened to be read, and what is known of its columns. */
import { betterSqlite3, type Connection } from '../../../src/db/better-sqlite3.js';
import { isDamage } from '../../../src/db/damage.js';
import { printableName } from '../../../src/printable.js';
import { CliError, UsageError } from '../errors.js';

const PATIENCE_MS = 10_000;
/** What SQLite says of a generated column that is VIRTUAL. */
const COMPUTED = 2;
const ROWID_NAMES = ['_rowid_', 'rowid', 'oid'];

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** The name of its rowid that no column has taken. */
  readonly rowid: string;
  /** A rowid is never given twice. */
  readonly isAutoincrement: boolean;
}

interface Column {
  readonly name: string;
  /** Its place in the key, from 1; 0 when it is in none. */
  readonly pk: number;
  readonly isRequired: boolean;
  /** What a row has that is older than the column. */
  readonly hasDefault: boolean;
  /** SQLite keeps no number in it. */
  readonly isText: boolean;
  /** Holds nothing itself: it is the rowid. */
  readonly isRowid: boolean;
  /** A generated one may be computed whenever it is read. */
  readonly isStored: boolean;
}

/** Changes nothing. SQLite may make its own `-shm` beside a database with a log. */
export function openSource(path: string): Connection {
  const db = new (betterSqlite3())(path, { readonly: true, fileMustExist: true, timeout: PATIENCE_MS });
  try {
    // Whoever made the file must not make this process run anything, nor end it where a read fails.
    db.pragma('trusted_schema = OFF');
    db.pragma('query_only = ON');
    db.pragma('mmap_size = 0');
    db.pragma('cell_size_check = ON');
    db.pragma('schema_version');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** What SQLite says of a source that it cannot read as it is, and what to do. */
export function explainSource(path: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  const hints: Readonly<Record<string, string>> = {
    SQLITE_READONLY_ROLLBACK:
      'a program was killed while it wrote, and only one that may write can put it right: open it once with its own program, or import a copy that was opened so',
    SQLITE_CANTOPEN: `its directory may not be written to, maybe, which SQLite needs for a database with a log: import a copy of it and its -wal from elsewhere`,
    SQLITE_BUSY: 'another program keeps it locked',
    SQLITE_NOTADB: 'it is no SQLite database, or its first page is damaged',
  };
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  const hint = hints[code] === undefined ? '' : `: ${hints[code]}`;
  return new CliError(`${path} cannot be read (${message})${hint}`, isDamage(error) ? 3 : 1, error);
}

export function tableOf(db: Connection, wanted: string, path: string): Table {
  const tables = db
    .prepare(
      `SELECT type, name, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite^_%' ESCAPE '^'`,
    )
    .all() as { type: string; name: string; sql: string }[];
  const found = tables.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (found === undefined) {
    const names = tables
      .filter(({ type }) => type === 'table')
      .map(({ name }) => printableName(name))
      .join(', ');
    throw new UsageError(`${path} has no table ${printableName(wanted)}; it has ${names || 'none at all'}`);
  }
  const { name, sql } = found;
  if (found.type === 'view')
    throw new UsageError(
      `${printableName(name)} is a view, whose rows have no rowid, and without one a later run could not go on where this one ends: name the table that they come from, or copy them into one`,
    );
  const { type, wr } = db.prepare('SELECT type, wr FROM pragma_table_list WHERE name = ?').get(name) as {
    type: string;
    wr: number;
  };
  const columns = columnsOf(db, name);
  const rowid = ROWID_NAMES.find((one) => columns.every((column) => column.name.toLowerCase() !== one));
  if (type !== 'table' || wr === 1 || rowid === undefined)
    throw new UsageError(
      `the rows of ${printableName(name)} have no rowid, and without one a later run could not go on where this one ends: copy them into a table that has one`,
    );
  return { name, columns, rowid, isAutoincrement: /\bAUTOINCREMENT\b/i.test(sql) };
}

function columnsOf(db: Connection, table: string): Column[] {
  const all = db
    .prepare(
      'SELECT name, type, pk, "notnull" AS required, dflt_value AS usual, hidden FROM pragma_table_xinfo(?)',
    )
    .all(table) as {
    name: string;
    type: string;
    pk: number;
    required: number;
    usual: string | null;
    hidden: number;
  }[];
  const keys = all.filter(({ pk }) => pk > 0).length;
  return all.map(({ name, type, pk, required, usual, hidden }) => ({
    name,
    pk,
    isRequired: required === 1,
    hasDefault: usual !== null,
    isText: /CHAR|CLOB|TEXT/i.test(type) && !/INT/i.test(type),
    isRowid: keys === 1 && pk === 1 && type.toUpperCase() === 'INTEGER',
    isStored: hidden !== COMPUTED,
  }));
}

/** The pages on which rows of other tables are, as far as SQLite can tell. */
export function pagesOfOthers(db: Connection, { name }: Table): Set<number> {
  const pages = new Set<number>();
  const others = unlessDamaged(() =>
    db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> ?").pluck().all(name),
  );
  for (const other of ['sqlite_schema', ...((others ?? []) as string[])])
    unlessDamaged(() => {
      const leaves = db.prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'").pluck();
      for (const page of leaves.iterate(other) as IterableIterator<number>) pages.add(page);
    });
  return pages;
}

/** Damaged, or on a bad place of the disk: to be gone around. */
export function isUnreadable(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  // The second one is what SQLite says for EIO.
  return isDamage(error) || code === 'SQLITE_IOERR_READ' || code === 'SQLITE_IOERR_CORRUPTFS';
}

function unlessDamaged<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
