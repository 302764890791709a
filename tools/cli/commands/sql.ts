/** `agentlog sql`: a statement that reads over the rows, as a table or JSON lines. */
import type { ExitCode, Invocation } from '../definition.js';
import { isOfDatabase, withHint } from '../errors.js';
import { untilInterrupted } from '../interrupt.js';
import { counted } from '../output/numbers.js';
import type { Output } from '../output/output.js';
import { type Column, table } from '../output/table.js';
import { cut, oneLine } from '../output/text.js';
import { filesOf } from '../status/files.js';
import { findStore } from '../store/find-store.js';
import { Holders } from '../store/holders.js';
import { openToLook } from '../store/open-store.js';
import { requireRows } from '../store/require-rows.js';

interface Options {
  readonly param?: readonly string[];
}

type Value = string | number | bigint | Uint8Array | null;
type Row = { readonly [column: string]: Value };

/** Where nobody says how wide a line may be: longer ones are for --json. */
const MOST_COLUMNS = 1000;

export async function run({ args, options, output }: Invocation<Options>): Promise<ExitCode> {
  const [path, query] = args as [string, string];
  requireRows(findStore(path, options).paths, path);
  const log = await openToLook(path, options, { damage: () => undefined, recover: () => undefined });
  let rows: Row[];
  try {
    rows = await untilInterrupted('nothing was changed', (signal) =>
      // How much it may be is bounded by its size.
      log.sql<Row>(query, options.param ?? [], { signal, maxRows: Number.MAX_SAFE_INTEGER }),
    );
  } catch (error) {
    if (isOfDatabase(error))
      throw withHint(error, `agentlog status ${path} says what is wrong with its database`);
    const { message } = error as Error;
    throw message.startsWith('Too few parameter') ? withHint(error, 'Each ? takes a --param') : error;
  } finally {
    await log.close();
  }
  if (rows.length === 0) noteWhatWaits(path, options, output);
  if (options.json) {
    for (const row of rows) await output.json(jsonOf(row));
    return 0;
  }
  if (rows.length > 0)
    await output.print(
      table(
        output,
        Object.keys(rows[0]!).map((name) => columnFor(name, rows)),
        rows,
      ),
    );
  if (rows.length === 0 || output.isTerminal)
    await output.line(output.style('dim', counted(rows.length, 'row')));
  return 0;
}

/** What is looked for may be there all the same. */
function noteWhatWaits(path: string, options: Invocation<Options>['options'], output: Output): void {
  const { waiting, live } = filesOf(findStore(path, options).paths, new Holders()).segments;
  const unseen = waiting.length + live.length;
  if (unseen > 0)
    output.note(
      `agentlog: entries of ${counted(unseen, 'segment')} are no rows yet, and not seen here; agentlog log ${path} and agentlog export ${path} have them`,
    );
}

/** Integers beyond what JSON's readers take exactly are strings, as are bytes, in hexadecimal digits. */
function jsonOf(row: Row): Record<string, string | number | null> {
  const values = Object.entries(row).map(([name, value]): [string, string | number | null] => [
    name,
    typeof value === 'bigint' ? String(value) : ArrayBuffer.isView(value) ? hex(value) : value,
  ]);
  return Object.fromEntries(values);
}

function columnFor(name: string, rows: readonly Row[]): Column<Row> {
  const isNumber = rows.every(
    ({ [name]: value }) => value === null || typeof value === 'number' || typeof value === 'bigint',
  );
  return {
    title: oneLine(name),
    of: ({ [name]: value }) => shown(value ?? null),
    align: isNumber ? 'right' : 'left',
    // What is nothing must not look like an empty text.
    style: ({ [name]: value }) => (value === null ? 'dim' : undefined),
    isFlexible: !isNumber,
  };
}

function shown(value: Value): string {
  if (value === null) return 'NULL';
  if (ArrayBuffer.isView(value)) return cut(`x'${hex(value)}'`, MOST_COLUMNS);
  return typeof value === 'string'
    ? oneLine(cut(value.slice(0, 2 * MOST_COLUMNS), MOST_COLUMNS))
    : String(value);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
