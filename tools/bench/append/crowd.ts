/** Many processes that append to one store at once: the time from their release to the last acknowledgement. */
import { performance } from 'node:perf_hooks';
import { Child } from '../child.js';
import { inRounds, type Rates } from '../rounds.js';
import type { Workplace } from '../workplace.js';
import { createTable } from './sqlite.js';

export const PROCESSES = 20;
export const ENTRIES_EACH = 220;

const CROWDS = [
  { name: 'agentlog', meet: (directory: string) => crowd('agentlog', directory) },
  { name: 'SQLite, autocommit', meet: crowdOfSqlite },
];

export async function crowds(rounds: number, place: Workplace): Promise<Rates> {
  return inRounds(
    rounds,
    CROWDS.map(({ name, meet }) => ({ name, run: () => place.within(meet) })),
  );
}

async function crowdOfSqlite(directory: string): Promise<number> {
  const { database } = createTable(directory);
  try {
    return await crowd('sqlite', directory);
  } finally {
    database.close();
  }
}

async function crowd(store: string, directory: string): Promise<number> {
  const script = new URL('./crowd-writer.js', import.meta.url);
  const writers = Array.from(
    { length: PROCESSES },
    () => new Child(script, [store, directory, String(ENTRIES_EACH)]),
  );
  const all = (what: (writer: Child) => Promise<unknown>) => Promise.all(writers.map(what));
  await all((writer) => writer.hear());
  const start = performance.now();
  for (const writer of writers) writer.say('append');
  await all((writer) => writer.hear());
  const milliseconds = performance.now() - start;
  // Nobody closes, and so checkpoints or compacts, while others append.
  for (const writer of writers) writer.say('close');
  await all((writer) => writer.end());
  return ((PROCESSES * ENTRIES_EACH) / milliseconds) * 1000;
}
