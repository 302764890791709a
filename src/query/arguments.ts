/** What is given to `sql`, checked: a mistake is a `TypeError` that says what was meant. */
import { type CancelSignal, checkSignal } from '../cancel-signal.js';
import type { SqlParameters, SqlValue } from '../db/sql-query.js';
import { printableName } from '../printable.js';

export interface SqlOptions {
  /** Rejects at once; the query ends within about a second, whatever it does. */
  signal?: CancelSignal | undefined;
  /** A query that gives more rows fails. 100,000. */
  maxRows?: number | undefined;
}

interface Checked {
  readonly parameters: SqlParameters;
  readonly maxRows: number;
  readonly signal: CancelSignal | undefined;
}

const MAX_ROWS = 100_000;

export function checkSql(query: unknown, parameters: unknown, options: unknown): Checked {
  if (typeof query !== 'string') throw new TypeError('sql takes a statement, a string');
  if (typeof options !== 'object' || options === null)
    throw new TypeError('The options of sql must be an object: { signal, maxRows }');
  const { signal, maxRows = MAX_ROWS, ...others }: Record<string, unknown> = { ...options };
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new TypeError(`sql has no option ${printableName(other)}; there are: signal, maxRows`);
  if (!Number.isSafeInteger(maxRows) || Number(maxRows) < 1)
    throw new TypeError('The option maxRows of sql must be a whole number from 1 on');
  checkSignal('sql', signal);
  return { parameters: checkParameters(parameters), maxRows: Number(maxRows), signal };
}

/** Copies them: the query may have to wait. */
function checkParameters(parameters: unknown): SqlParameters {
  if (Array.isArray(parameters)) return Array.from(parameters, (value, i) => checkValue(value, String(i)));
  // By its kind and not by its class, of which test environments have their own.
  if (kindOf(parameters) !== 'Object')
    throw new TypeError(
      'The parameters of sql must be an array of values, or an object of values by their names',
    );
  const named = Object.entries(parameters as object);
  return Object.fromEntries(named.map(([name, value]) => [name, checkValue(value, name)]));
}

function checkValue(value: unknown, name: string): SqlValue {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  // SQLite's integers have 64 bits.
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) return value;
  if (kindOf(value) === 'Uint8Array') return new Uint8Array(value as Uint8Array);
  throw new TypeError(
    `The parameter ${printableName(name)} of sql must be a string, a number, a bigint of 64 bits, a Uint8Array or null`,
  );
}

function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}
