/** Follows a store; each entry's text says when it was appended, by a clock that all processes share. */
import { setTimeout as delay } from 'node:timers/promises';
import { openAgentLog } from '../../../src/index.js';
import { leave, say } from '../parent.js';

/** Milliseconds, but for `idle`: milliseconds of the processor in a second. */
export interface Followed {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly idle: number;
}

const IDLE_MS = 5000;

const [directory, count] = process.argv.slice(2) as [string, string];

const log = await openAgentLog(directory, { compact: false });
const follow = log.follow();
const took: number[] = [];
const whole = (async () => {
  for await (const { text } of follow)
    if (took.push(Number(process.hrtime.bigint() - BigInt(text)) / 1e6) === Number(count)) return;
})();
// What the beginning costs is over.
await delay(1000);
say('following');
await whole;
const idle = log.follow({ cursor: follow.cursor });
const never = idle.next();
await delay(1000);
const before = process.cpuUsage();
await delay(IDLE_MS);
const { user, system } = process.cpuUsage(before);
await log.close();
await never;
took.sort((a, b) => a - b);
say({
  p50: took[took.length >> 1]!,
  p99: took[Math.floor(took.length * 0.99)]!,
  most: took.at(-1)!,
  idle: (user + system) / IDLE_MS,
} satisfies Followed);
leave();
