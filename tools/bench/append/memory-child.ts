/** Appends entries by many callers and notes, at even distances, how much memory the process takes. */

import { leave, say } from '../parent.js';
import { agentlog } from './agentlog.js';
import type { Sample } from './memory-sample.js';

const SAMPLES = 20;
const [directory, callers, appends] = process.argv.slice(2) as [string, string, string];

const log = await agentlog(Number(callers)).open(directory);
const samples: Sample[] = [];
let begun = 0;
await log.append(() => {
  if (begun++ >= ((samples.length + 1) * Number(appends)) / SAMPLES) samples.push(process.memoryUsage());
  return begun > Number(appends);
});
await log.close();
say(samples);
leave();
