/** What callers may ask for, checked: a misused field is a `TypeError` that says what was meant. */
import { type CancelSignal, checkSignal } from '../cancel-signal.js';
import { phrasesOf } from '../db/match-expression.js';
import { parseId } from '../entry-id.js';
import { printableName } from '../printable.js';
import type { Order } from '../segment/slot-stream.js';
import type { EntryFilter } from './api.js';
import type { Filter } from './filter.js';
import type { CheckedSearch } from './search.js';

const USUAL_LIMIT = 1000;
const USUAL_FINDS = 50;
/** SQLite takes seconds for tens of thousands of words. */
const MOST_SEARCHED = 10_000;
const MOST_TYPES = 1000;
const FILTER_FIELDS = ['taskId', 'type', 'agent', 'since', 'until', 'after', 'before'] as const;

export interface CheckedQuery {
  readonly filter: Filter;
  /** In which order they are read. */
  readonly order: Order;
  readonly most: number;
  /** They are wanted in the other one. */
  readonly isReversed: boolean;
}

export function checkEntries(query: unknown = {}): CheckedQuery {
  const { order, limit, last } = fieldsOf('entries', query, [...FILTER_FIELDS, 'order', 'limit', 'last']);
  const filter = checkFilter('entries', query as EntryFilter);
  checkOrder('entries', order);
  checkCount('entries', 'limit', limit);
  checkCount('entries', 'last', last);
  if (last === undefined)
    return { filter, order: order ?? 'asc', most: limit ?? USUAL_LIMIT, isReversed: false };
  if (order !== undefined || limit !== undefined)
    throw new TypeError(
      'entries takes last, or order and limit, not both: last is the newest so many, oldest first',
    );
  return { filter, order: 'desc', most: last, isReversed: true };
}

export function checkScan(options: unknown = {}): {
  filter: Filter;
  order: Order;
  signal: CancelSignal | undefined;
} {
  const { order, signal } = fieldsOf('scan', options, [...FILTER_FIELDS, 'order', 'signal']);
  checkOrder('scan', order);
  checkSignal('scan', signal);
  return { filter: checkFilter('scan', options as EntryFilter), order: order ?? 'asc', signal };
}

export function checkSearch(text: unknown, options: unknown = {}): CheckedSearch {
  if (typeof text !== 'string') throw new TypeError('search takes the words to search for, a string');
  if (text.length > MOST_SEARCHED)
    throw new TypeError(
      `The text of search may have ${MOST_SEARCHED} characters at most, and this one has ${text.length}`,
    );
  const { limit, signal } = fieldsOf('search', options, [...FILTER_FIELDS, 'limit', 'signal']);
  checkCount('search', 'limit', limit);
  checkSignal('search', signal);
  const filter = checkFilter('search', options as EntryFilter);
  return { phrases: phrasesOf(text), filter, most: limit ?? USUAL_FINDS, signal };
}

export function checkFollow(options: unknown = {}) {
  const { cursor, signal } = fieldsOf('follow', options, ['taskId', 'type', 'cursor', 'signal']);
  if (cursor !== undefined && typeof cursor !== 'string')
    throw new TypeError('The cursor of follow must be a string, of another follow or of log.cursor()');
  checkSignal('follow', signal);
  return { filter: checkFilter('follow', options as EntryFilter), cursor, signal };
}

/** What is counted is told by task and type; for anything else each entry must be looked at. */
export function checkCountFilter(options: unknown = {}): Filter {
  const given = objectOf('count', options);
  const { taskId, type, ...others } = given;
  for (const name of Object.keys(others)) {
    if (others[name] === undefined) continue;
    throw new TypeError(
      `count knows taskId and type, not ${name}; for other filters go through log.scan({ ${name} }) and count`,
    );
  }
  return checkFilter('count', { taskId, type } as EntryFilter);
}

function checkFilter(call: string, given: EntryFilter): Filter {
  const { taskId, type, agent, since, until, after, before } = given;
  checkText(call, 'taskId', taskId);
  checkText(call, 'agent', agent);
  checkTime(call, 'since', since);
  checkTime(call, 'until', until);
  return {
    // Lone surrogates of what was logged became U+FFFD.
    taskId: taskId?.toWellFormed(),
    types: checkTypes(call, type),
    agent: agent?.toWellFormed(),
    since,
    until,
    after: checkId(call, 'after', after),
    before: checkId(call, 'before', before),
  };
}

function fieldsOf(call: string, given: unknown, names: readonly string[]) {
  const fields = objectOf(call, given);
  for (const name of Object.keys(fields)) {
    if (!names.includes(name) && fields[name] !== undefined)
      throw new TypeError(`${call} knows no ${printableName(name)}; it knows ${names.join(', ')}`);
  }
  return fields as { [name: string]: never };
}

function objectOf(call: string, given: unknown): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(`${call} takes an object, such as { taskId: 'task-7' }`);
  return given as Record<string, unknown>;
}

function checkTypes(call: string, type: unknown): readonly string[] | undefined {
  if (type === undefined) return undefined;
  const types = Array.isArray(type) ? [...new Set(type)] : [type];
  if (types.length > MOST_TYPES || types.some((one) => typeof one !== 'string'))
    throw new TypeError(`The type of ${call} must be a string, or an array of at most ${MOST_TYPES} strings`);
  return (types as string[]).map((one) => one.toWellFormed());
}

function checkText(call: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string')
    throw new TypeError(`The ${name} of ${call} must be a string`);
}

function checkTime(call: string, name: string, value: unknown): void {
  if (value === undefined || Number.isSafeInteger(value)) return;
  const hint = value instanceof Date ? ` (date.getTime())` : '';
  throw new TypeError(`The ${name} of ${call} must be whole epoch milliseconds${hint}`);
}

function checkId(call: string, name: string, value: unknown) {
  if (value === undefined) return undefined;
  const id = typeof value === 'string' ? parseId(value) : undefined;
  if (id === undefined)
    throw new TypeError(`The ${name} of ${call} must be the id of an entry, 13 characters`);
  return id;
}

function checkCount(call: string, name: string, value: unknown): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= 0))
    throw new TypeError(`The ${name} of ${call} must be a whole number from 0 on`);
}

function checkOrder(call: string, order: unknown): asserts order is Order | undefined {
  if (order !== undefined && order !== 'asc' && order !== 'desc')
    throw new TypeError(`The order of ${call} must be 'asc' or 'desc'`);
}
