/**
 * The thread in which SQLite runs queries, one after the other. Nothing but the end of its process can interrupt one. Pages
 * are given one by one, as they are asked for: all at once would keep the host's thread from everything else.
 */
import type { MessagePort } from 'node:worker_threads';
import { salvage } from '../db/salvage.js';
import { findRows } from '../db/search-rows.js';
import { matchTexts } from '../db/search-texts.js';
import { runQuery } from '../db/sql-query.js';
import { toSent } from '../sent-error.js';
import type { FromQuery, QueryRequest, ToQuery } from './messages.js';

export function answerQueries(port: MessagePort): void {
  let pages: Pages | undefined;
  const answer = (message: ToQuery): FromQuery => {
    try {
      if (message.kind === 'next') return told(pages!.next(message.given as never));
      // Its connection would hold on to a state of the database.
      pages?.return();
      if (message.kind === 'leave') return { kind: 'left' };
      pages = pagesOf(message);
      return told(pages.next());
    } catch (error) {
      return { kind: 'failed', failure: toSent(error) };
    }
  };
  port.on('message', (message: ToQuery) => port.postMessage(answer(message)));
}

type Pages = Generator<unknown, void, never>;

function told({ value: page }: IteratorResult<unknown, void>): FromQuery {
  return page === undefined ? { kind: 'done' } : { kind: 'page', page };
}

function pagesOf(request: QueryRequest): Pages {
  switch (request.kind) {
    case 'sql':
      return runQuery(request);
    case 'rows':
      return findRows(request);
    case 'texts':
      return matchTexts(request);
    case 'salvage':
      return salvage(request);
  }
}
