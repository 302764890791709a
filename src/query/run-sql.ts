/** A statement that somebody else has written, run in a process; its rows as objects. */
import type { CancelSignal } from '../cancel-signal.js';
import type { SqlPage, SqlRequest } from '../db/sql-query.js';
import type { QueryProcesses } from './query-processes.js';

type Row = { [column: string]: unknown };

export async function runSql(
  processes: QueryProcesses,
  request: SqlRequest,
  signal: CancelSignal | undefined,
): Promise<Row[]> {
  const rows: Row[] = [];
  const take = (page: SqlPage) => {
    rows.push(...objects(page));
  };
  await processes.run({ request: { kind: 'sql', ...request }, take }, signal);
  return rows;
}

function objects({ columns, rows }: SqlPage): Row[] {
  // Not by assignment: a column may have any name, "__proto__" too.
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, own(row[i])])));
}

/** Bytes came as a view of the whole message. */
function own(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? new Uint8Array(value as Uint8Array) : value;
}
