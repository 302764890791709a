/** What a handle and its processes for queries tell each other. */
import type { SqlPage, SqlRequest } from '../db/sql-query.js';
import type { SentError } from '../sent-error.js';

/** 'next': the next page of the answer, or its end. */
export type ToQuery = ({ readonly kind: 'query' } & SqlRequest) | { readonly kind: 'next' };

/** The pages of an answer come before its 'done'. After 'outgrown' the process ends. */
export type FromQuery =
  | ({ readonly kind: 'page' } & SqlPage)
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: SentError }
  | { readonly kind: 'outgrown' };

/** Tells the program what it was started for; the process and who starts it must be of the same version. */
export function queryArgument(protocol: number): string {
  return `agentlog-query-${protocol}`;
}
