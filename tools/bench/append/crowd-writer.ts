/** One process of the crowd: opens the store, says so, appends when told to, says so, and closes when told to. */
import { openAgentLog } from '../../../src/index.js';
import { leave, nextMessage, say } from '../parent.js';
import { ENTRIES } from './contender.js';
import { openTable } from './sqlite.js';

const WARM_UP = 2;
const [store, directory, count] = process.argv.slice(2) as [string, string, string];

const { append, close } = store === 'sqlite' ? openSqlite() : await openLog();
for (let i = 0; i < WARM_UP; i++) await append(i);
say('open');
await nextMessage();
for (let i = 0; i < Number(count); i++) await append(i);
say('done');
await nextMessage();
await close();
leave();

async function openLog() {
  const log = await openAgentLog(directory);
  return { append: (i: number) => log.append(ENTRIES[i]!), close: () => log.close() };
}

function openSqlite() {
  const { database, insert } = openTable(directory);
  // IMMEDIATE takes the lock where waiting for it is possible.
  const { immediate } = database.transaction((i: number) => insert(ENTRIES[i]!));
  return { append: immediate, close: () => void database.close() };
}
