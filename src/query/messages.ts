/** What a handle and its processes for queries tell each other. */
import type { SalvageRequest } from '../db/salvage.js';
import type { RowSearch } from '../db/search-rows.js';
import type { TextSearch } from '../db/search-texts.js';
import type { SqlRequest } from '../db/sql-query.js';
import type { SentError } from '../sent-error.js';

/** What is answered in pages. */
export type QueryRequest =
  | ({ readonly kind: 'sql' } & SqlRequest)
  | ({ readonly kind: 'rows' } & RowSearch)
  | ({ readonly kind: 'texts' } & TextSearch)
  | ({ readonly kind: 'salvage' } & SalvageRequest);

/**
 * 'next': the next page of the answer, or its end. `given` is what the request needs for it, if anything.
 * 'leave': nobody wants the rest.
 */
export type ToQuery =
  | QueryRequest
  | { readonly kind: 'next'; readonly given: unknown }
  | { readonly kind: 'leave' };

/**
 * The pages of an answer come before its 'done'. Nothing of an answer comes behind 'left'. After 'outgrown' the process
 * ends.
 */
export type FromQuery =
  | { readonly kind: 'page'; readonly page: unknown }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: SentError }
  | { readonly kind: 'left' }
  | { readonly kind: 'outgrown' };

/** Tells the program what it was started for; the process and who starts it must be of the same version. */
export function queryArgument(protocol: number): string {
  return `agentlog-query-${protocol}`;
}
