/**
 * Rows in the order of their ids, page by page. Each page looks at a bounded number of rows, however few of them are
 * wanted, and needs no sorting: an index, or the table itself, has them in order.
 */
import type { CheckedEntry } from '../entry.js';
import { type IdHalves, idFromBigInt, idToBigInt } from '../entry-id.js';
import type { Connection, Statement } from './better-sqlite3.js';
import { rowCrc } from './row.js';

/** Which rows are wanted; what is left out does not matter. */
export interface RowFilter {
  readonly taskId?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly agent?: string | undefined;
  /** Both inclusive, epoch milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly slots?: readonly number[] | undefined;
}

/** Both exclusive. */
export interface IdRange {
  readonly after: IdHalves;
  readonly before: IdHalves;
}

export interface PageRequest {
  readonly filter: RowFilter;
  readonly range: IdRange;
  readonly order: 'asc' | 'desc';
  readonly most: number;
  /** Rows that may be looked at. */
  readonly looks: number;
}

export interface Page {
  readonly rows: ReadRow[];
  /** Up to this id everything was looked at; undefined when that is all there is. */
  readonly reached: IdHalves | undefined;
}

/** A row, or the id of one whose bytes have changed since it was written. */
export type ReadRow = GoodRow | DamagedRow;

export interface GoodRow extends CheckedEntry {
  readonly idHigh: number;
  readonly idLow: number;
}

interface DamagedRow {
  readonly isDamaged: true;
  readonly idHigh: number;
  readonly idLow: number;
}

export type RawRow = [
  idHigh: number,
  idLow: number,
  taskId: string,
  timestamp: number,
  type: string,
  agent: string | null,
  text: string,
  detail: string | null,
  crc: number,
];

export const ROW_COLUMNS = 'id >> 32, id & 0xffffffff, taskId, timestamp, type, agent, text, detail, crc';
const PAGE_CHARACTERS = 1024 * 1024;
/** Filters come in few shapes; types make more, as each number of them is one. */
const MOST_STATEMENTS = 64;

export class RowPages {
  readonly #db: Connection;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Connection) {
    this.#db = db;
  }

  page({ filter, range, order, most, looks }: PageRequest): Page {
    const [source, found] = sourceOf(filter, range);
    const [condition, wanted] = conditionOf(filter);
    const direction = order.toUpperCase();
    let { after, before } = range;
    let edge: IdHalves | undefined;
    if (condition !== '') {
      // However few of them are wanted, no more are looked at.
      const sql = `SELECT id >> 32, id & 0xffffffff ${source} ORDER BY id ${direction} LIMIT 1 OFFSET ?`;
      const last = this.#prepare(sql).get(...found, looks) as [number, number] | undefined;
      if (last !== undefined) {
        edge = { high: last[0], low: last[1] };
        if (order === 'asc') before = edge;
        else after = edge;
      }
    }
    const sql = `SELECT ${ROW_COLUMNS} ${source} ${condition} ORDER BY id ${direction} LIMIT ?`;
    const bounds = sourceOf(filter, { after, before })[1];
    const rows: ReadRow[] = [];
    let characters = 0;
    for (const raw of this.#prepare(sql).iterate(...bounds, ...wanted, most) as IterableIterator<RawRow>) {
      const row = rowOf(raw);
      rows.push(row);
      characters += charactersOf(row);
      if (characters > PAGE_CHARACTERS) break;
    }
    const isCutOff = rows.length === most || characters > PAGE_CHARACTERS;
    if (!isCutOff) return { rows, reached: edge === undefined ? undefined : beside(edge, order) };
    const { idHigh: high, idLow: low } = rows.at(-1)!;
    return { rows, reached: { high, low } };
  }

  /** That were asked so far, as tests read their plans. */
  get queries(): readonly string[] {
    return [...this.#statements.keys()];
  }

  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      const [oldest] = this.#statements.keys();
      if (this.#statements.size >= MOST_STATEMENTS) this.#statements.delete(oldest!);
      statement = this.#db.prepare(sql).raw();
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

export function rowOf(raw: RawRow): ReadRow {
  const [idHigh, idLow, taskId, timestamp, type, agent, text, detail, crc] = raw;
  if (!isOfItsTypes(raw)) return { isDamaged: true, idHigh, idLow };
  const row = {
    idHigh,
    idLow,
    taskId,
    type,
    text,
    agent: agent ?? undefined,
    detail: detail ?? undefined,
    timestamp,
  };
  return rowCrc(row) === crc ? row : { isDamaged: true, idHigh, idLow };
}

/** A bit that changes in a row's header makes a blob of the same bytes out of a text, which no checksum would tell. */
function isOfItsTypes([, , taskId, timestamp, type, agent, text, detail]: RawRow): boolean {
  return (
    typeof taskId === 'string' &&
    typeof timestamp === 'number' &&
    typeof type === 'string' &&
    (agent === null || typeof agent === 'string') &&
    typeof text === 'string' &&
    (detail === null || typeof detail === 'string')
  );
}

/** How much of it there is to take along. */
export function charactersOf(row: ReadRow): number {
  return 'isDamaged' in row ? 0 : row.text.length + (row.detail?.length ?? 0);
}

/** The id next to this one, towards where the page came from: the one itself was not looked at. */
function beside(id: IdHalves, order: 'asc' | 'desc'): IdHalves {
  return idFromBigInt(idToBigInt(id) + (order === 'asc' ? -1n : 1n));
}

/** What can be found in order; the planner is told how, as statistics that somebody gathers would change its mind. */
function sourceOf({ taskId }: RowFilter, { after, before }: IdRange): [sql: string, values: unknown[]] {
  const ids = 'id > (? << 32) | ? AND id < (? << 32) | ?';
  const values = [after.high, after.low, before.high, before.low];
  return taskId === undefined
    ? [`FROM agentLogEntries NOT INDEXED WHERE ${ids}`, values]
    : [
        `FROM agentLogEntries INDEXED BY agentLogEntriesByTask WHERE taskId = ? AND ${ids}`,
        [taskId, ...values],
      ];
}

/** What must be looked for. */
export function conditionOf(filter: RowFilter): [sql: string, values: unknown[]] {
  const { types, agent, since, until, slots } = filter;
  const parts: string[] = [];
  const values: unknown[] = [];
  const add = (sql: string, ...added: unknown[]) => {
    parts.push(`AND ${sql}`);
    values.push(...added);
  };
  if (slots !== undefined) add(`id & 1023 IN (${marks(slots)})`, ...slots);
  if (types !== undefined) add(`type IN (${marks(types)})`, ...types);
  if (agent !== undefined) add('agent = ?', agent);
  if (since !== undefined) add('timestamp >= ?', since);
  if (until !== undefined) add('timestamp <= ?', until);
  return [parts.join(' '), values];
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}
