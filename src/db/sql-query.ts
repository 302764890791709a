/**
 * Runs a statement that somebody else has written. It may read the tables of this database, and nothing else: the connection
 * is one that cannot write, and what is no reading is refused by its first word, before SQLite sees it. For even there
 * VACUUM makes files, ATTACH reads other ones, and a PRAGMA does its work while it is only being prepared.
 */
import { AgentLogError } from '../errors.js';
import { betterSqlite3, type Connection, type Statement } from './better-sqlite3.js';
import { addIdFunctions } from './id-functions.js';
import { openForQuery } from './query-connection.js';
import { migrate } from './schema.js';

/** What SQLite takes as a parameter, and gives as a column's value. */
export type SqlValue = string | number | bigint | Uint8Array | null;

export type SqlParameters = readonly SqlValue[] | { readonly [name: string]: SqlValue };

export interface SqlRequest {
  /** Of the database; there need not be one yet. */
  readonly path: string;
  readonly query: string;
  readonly parameters: SqlParameters;
  readonly maxRows: number;
}

export interface SqlPage {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

const PAGE_ROWS = 1000;
const PAGE_SIZE = 256 * 1024;
/** Of all values together, in characters and bytes. */
const MOST_SIZE = 128 * 1024 * 1024;

/**
 * White space, empty statements and comments, then the word that decides. In each place but one part of it fits, so
 * nothing behind a comment's end can be taken for a part of the comment.
 */
const READING =
  /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:EXPLAIN\s+(?:QUERY\s+PLAN\s+)?)?(?:SELECT|WITH|VALUES)\b/i;

/** Page by page; the last one may be empty. */
export function* runQuery({ path, query, parameters, maxRows }: SqlRequest): Generator<SqlPage, void, void> {
  const db = openForQuery(path) ?? emptyDatabase();
  try {
    // What sorts and groups is not to fill a disk: memory is what the process is watched for.
    db.pragma('temp_store = MEMORY');
    addIdFunctions(db);
    const statement = prepare(db, query);
    const columns = statement.columns().map(({ name }) => name);
    let rows: SqlValue[][] = [];
    let count = 0;
    let pageSize = 0;
    let size = 0;
    for (const raw of statement.iterate(bindable(parameters)) as IterableIterator<SqlValue[]>) {
      if (++count > maxRows)
        throw tooMuch(`more than ${maxRows} rows; a LIMIT in it, or the option maxRows,`);
      const row = raw.map(narrow);
      pageSize += sizeOf(row);
      if (size + pageSize > MOST_SIZE) throw tooMuch('more than 128 MiB; fewer rows or columns, or a LIMIT,');
      rows.push(row);
      if (rows.length < PAGE_ROWS && pageSize < PAGE_SIZE) continue;
      yield { columns, rows };
      rows = [];
      size += pageSize;
      pageSize = 0;
    }
    yield { columns, rows };
  } finally {
    db.close();
  }
}

/** One like the store's, without any rows. */
function emptyDatabase(): Connection {
  const empty = new (betterSqlite3())(':memory:');
  migrate(empty, ':memory:');
  empty.pragma('query_only = ON');
  return empty;
}

function prepare(db: Connection, query: string): Statement {
  if (!READING.test(query)) throw notReading();
  const statement = db.prepare(query);
  if (!statement.reader || !statement.readonly) throw notReading();
  return statement.raw().safeIntegers();
}

function notReading(): AgentLogError {
  const what = 'a single statement that reads: SELECT, WITH ... SELECT, VALUES, or EXPLAIN of these';
  return new AgentLogError('AGENTLOG_SQL', `sql runs ${what}`);
}

function tooMuch(what: string): AgentLogError {
  return new AgentLogError('AGENTLOG_SQL', `the query gives ${what} would mend that`);
}

/** A number would be bound as a REAL, and 5 / 2 be 2.5. */
function bindable(parameters: SqlParameters): unknown {
  const bind = (value: SqlValue) => (Number.isSafeInteger(value) ? BigInt(value as number) : value);
  if (Array.isArray(parameters)) return parameters.map(bind);
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, bind(value)]));
}

/** Integers are numbers where a number is exact. */
function narrow(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function sizeOf(row: readonly SqlValue[]): number {
  let size = 0;
  for (const value of row)
    size += typeof value === 'string' ? value.length : ArrayBuffer.isView(value) ? value.byteLength : 8;
  return size;
}
