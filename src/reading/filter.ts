/** Which entries are wanted, in the shape that reading uses. */
import type { RowFilter } from '../db/row-pages.js';
import type { IdHalves } from '../entry-id.js';
import type { Places } from './segment-index.js';

export interface Filter extends Omit<RowFilter, 'slots'> {
  /** Both exclusive. */
  readonly after?: IdHalves | undefined;
  readonly before?: IdHalves | undefined;
}

export const FIRST_ID: IdHalves = { high: 0, low: 0 };
/** None is that high. */
export const LAST_ID: IdHalves = { high: 0x7fff_ffff, low: 0xffff_ffff };

/** Of the entries of a segment, those of the task, if one is wanted, are told by their numbers; this judges the rest. */
export function matcherOf(filter: Filter, places: Places): ((n: number) => boolean) | 'none' {
  const { types, agent, since, until } = filter;
  const tests: ((n: number) => boolean)[] = [];
  if (types !== undefined) {
    const names = new Set(types.flatMap((type) => places.name(type) ?? []));
    if (names.size === 0) return 'none';
    tests.push((n) => places.hasType(n, names));
  }
  if (agent !== undefined) {
    const name = places.name(agent);
    if (name === undefined) return 'none';
    tests.push((n) => places.hasAgent(n, name));
  }
  if (since !== undefined) tests.push((n) => places.timestamp(n) >= since);
  if (until !== undefined) tests.push((n) => places.timestamp(n) <= until);
  return (n) => tests.every((test) => test(n));
}
