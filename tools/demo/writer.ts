/**
 * One of the demo's processes: appends from many callers at once until it is told to stop, or is killed, and says on
 * its standard output what was acknowledged: `ID NUMBER`, a line for each entry.
 */
import { type AgentLog, openAgentLog } from '../../src/index.js';
import { entryOf } from './entries.js';

const CALLERS = 32;

const [directory, name] = process.argv.slice(2) as [string, string];

let stopping = false;
let count = 0;

async function call(log: AgentLog): Promise<void> {
  while (!stopping) {
    const number = count++;
    const id = await log.append(entryOf(name, number));
    process.stdout.write(`${id} ${number}\n`);
  }
}

const log = await openAgentLog(directory);
process.stdin.on('end', () => {
  stopping = true;
});
process.stdin.resume();
await Promise.all(Array.from({ length: CALLERS }, () => call(log)));
await log.close();
