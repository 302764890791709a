/** Makes rows of what waits, and tells how long the worker's rounds took, their checkpoints included. */
import { openAgentLog } from '../../../src/index.js';
import { leave, say } from '../parent.js';

const [directory, expected] = process.argv.slice(2) as [string, string];

let milliseconds = 0;
let entries = 0;
const log = await openAgentLog(directory, {
  on: {
    compact: (round) => {
      milliseconds += round.milliseconds;
      entries += round.entries;
    },
  },
});
await log.compact();
await log.close();
if (entries !== Number(expected)) throw new Error(`${entries} entries became rows, and ${expected} waited`);
say(milliseconds);
leave();
