/**
 * The thread in which SQLite runs queries, one after the other. Nothing but the end of its process can interrupt one. Pages
 * are given one by one, as they are asked for: all at once would keep the host's thread from everything else.
 */
import type { MessagePort } from 'node:worker_threads';
import { runQuery, type SqlPage } from '../db/sql-query.js';
import { toSent } from '../sent-error.js';
import type { FromQuery, ToQuery } from './messages.js';

export function answerQueries(port: MessagePort): void {
  let pages: Generator<SqlPage, void, void> | undefined;
  const answer = (message: ToQuery): FromQuery => {
    try {
      if (message.kind === 'query') pages = runQuery(message);
      const { value } = pages!.next();
      return value === undefined ? { kind: 'done' } : { kind: 'page', ...value };
    } catch (error) {
      return { kind: 'failed', failure: toSent(error) };
    }
  };
  port.on('message', (message: ToQuery) => port.postMessage(answer(message)));
}
