/** Appends for some time and tells how many entries a second were acknowledged while a round of compaction ran, or in all. */
import { performance } from 'node:perf_hooks';
import { openAgentLog } from '../../../src/index.js';
import { byCallers } from '../append/contender.js';
import { leave, say } from '../parent.js';

const [directory, compact, callers, milliseconds] = process.argv.slice(2) as [string, string, string, string];
const SAMPLE_MS = 5;

const log = await openAgentLog(directory, { compact: compact === 'true' });
const rounds: { begin: number; end: number }[] = [];
log.on('compact', (round) => {
  const end = performance.now();
  rounds.push({ begin: end - round.milliseconds, end });
});

/** How many were acknowledged by when. */
const samples: { at: number; acknowledged: number }[] = [];
let acknowledged = 0;
const sample = () => samples.push({ at: performance.now(), acknowledged });
const sampling = setInterval(sample, SAMPLE_MS);
sample();
const end = performance.now() + Number(milliseconds);
/** On a slow disk it takes long until so much waits that a round begins. */
const latestEnd = end + 60_000;
const isOver = () => {
  const now = performance.now();
  return now >= end && (compact === 'false' || rounds.length > 0 || now >= latestEnd);
};
await byCallers(Number(callers), async (entry) => {
  await log.append(entry);
  acknowledged++;
})(isOver);
sample();
clearInterval(sampling);
await log.close();

let [entries, time] = [0, 0];
for (const [i, { at, acknowledged: count }] of samples.entries()) {
  const next = samples[i + 1];
  if (next === undefined) break;
  if (compact === 'true' && !rounds.some(({ begin, end }) => begin <= at && next.at <= end)) continue;
  entries += next.acknowledged - count;
  time += next.at - at;
}
if (time === 0) throw new Error('no round of compaction ran');
say((entries / time) * 1000);
leave();
