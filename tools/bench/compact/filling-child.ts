/**
 * Takes so many entries into a store and brings them where SQLite alone would have them: rows of a table, with its log
 * written back. Tells how long it took, and what the disk and the memory had to give.
 */
import { performance } from 'node:perf_hooks';
import { openAgentLog } from '../../../src/index.js';
import { byCallers, ENTRIES } from '../append/contender.js';
import { createEmptyTable } from '../append/sqlite.js';
import { leave, say } from '../parent.js';
import { mostMemory, writeBytes } from '../process-figures.js';
import { jsonBytes } from './json-bytes.js';

export interface Filling {
  readonly entries: number;
  readonly milliseconds: number;
  /** From before it was opened until it was closed. */
  readonly writeBytes: number;
  /** The entries as JSON texts. */
  readonly loggedBytes: number;
  readonly memory: number;
}

/** Of agentlog: how many callers there are. Of SQLite: how many entries go into a transaction. */
const [directory, store, entries, crowd] = process.argv.slice(2) as [string, string, string, string];

const before = writeBytes();
const milliseconds =
  store === 'agentlog'
    ? await fillAgentLog(Number(entries), Number(crowd))
    : fillSqlite(Number(entries), Number(crowd));
say({
  entries: Number(entries),
  milliseconds,
  writeBytes: writeBytes() - before,
  loggedBytes: jsonBytes(ENTRIES, Number(entries)),
  memory: mostMemory(),
} satisfies Filling);
leave();

async function fillAgentLog(count: number, callers: number): Promise<number> {
  const log = await openAgentLog(directory);
  const start = performance.now();
  let begun = 0;
  await byCallers(callers, (entry) => log.append(entry))(() => begun++ >= count);
  await log.compact();
  const took = performance.now() - start;
  await log.close();
  return took;
}

function fillSqlite(count: number, entriesEach: number): number {
  const { database, insert } = createEmptyTable(directory);
  const start = performance.now();
  let next = 0;
  const transaction = database.transaction(() => {
    for (let i = 0; i < entriesEach; i++) insert(ENTRIES[next++ % ENTRIES.length]!);
  });
  while (next < count) transaction();
  database.pragma('wal_checkpoint(PASSIVE)');
  const took = performance.now() - start;
  database.close();
  return took;
}
