/**
 * The thread in which SQLite runs queries, one after the other. Nothing but the end of its process can interrupt one. Pages
 * are given one by one, as they are asked for: all at once would keep the host's thread from everything else.
 */
import type { MessagePort } from 'node:worker_threads';
import { findRows } from '../db/search-rows.js';
import { matchTexts } from '../db/search-texts.js';
import { runQuery } from '../db/sql-query.js';
import { toSent } from '../sent-error.js';
import type { FromQuery, QueryRequest, ToQuery } from './messages.js';

export function answerQueries(port: MessagePort): void {
  let pages: Pages | undefined;
  const next = (message: ToQuery) => {
    if (message.kind === 'next') return pages!.next(message.given as never);
    pages = pagesOf(message);
    return pages.next();
  };
  const answer = (message: ToQuery): FromQuery => {
    try {
      const { value: page } = next(message);
      return page === undefined ? { kind: 'done' } : { kind: 'page', page };
    } catch (error) {
      return { kind: 'failed', failure: toSent(error) };
    }
  };
  port.on('message', (message: ToQuery) => port.postMessage(answer(message)));
}

type Pages = Generator<unknown, void, never>;

function pagesOf(request: QueryRequest): Pages {
  switch (request.kind) {
    case 'sql':
      return runQuery(request);
    case 'rows':
      return findRows(request);
    case 'texts':
      return matchTexts(request);
  }
}
