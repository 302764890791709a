/**
 * A gateway with several chats. At SIGTERM the turns that are under way are finished, which takes as long as it takes, and their
 * messages are still logged; then it closes the store.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Random } from '../../torture/random.js';
import { openLog } from '../agentlog.js';
import { textOf } from '../pieces.js';
import { args, give, tellStalls, untilAllAreOpen } from '../program.js';
import type { Job } from '../scenario.js';
import { openAsGateway } from './old-way.js';

const CHATS = 8;
/** After this the last turn is over: often before the grace, and often behind it. */
const LONGEST_TURN_MS = 2500;

const { side, directory, name, longest, entries, seed } = args<Job>();
const turnMs = new Random(seed).below(LONGEST_TURN_MS);
const store = await (side === 'agentlog' ? openLog(directory, { fullText: true }) : openAsGateway(directory));
let left = entries;
let isOver = false;
process.once('SIGTERM', () => {
  setTimeout(() => {
    isOver = true;
  }, turnMs);
});

async function talk(chat: number): Promise<void> {
  const by = `${name}/${chat}`;
  for (let n = 0; !isOver && left-- > 0; n++) {
    const type = n % 2 === 0 ? 'user' : 'assistant';
    await give(store, { by, n, task: `chat-${chat}`, type, text: textOf(by, n, longest) });
    // Messages come in by the event loop.
    await turn();
  }
}

await untilAllAreOpen();
tellStalls();
await Promise.all(Array.from({ length: CHATS }, (_, chat) => talk(chat)));
await store.close();
process.exit();
