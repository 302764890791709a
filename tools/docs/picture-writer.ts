/** One of the processes of the pictures: logs what an agent does, the last minutes of it, and stays until its input ends. */
import { type Entry, openAgentLog } from '../../src/index.js';

const { STORE, AGENT } = process.env as { STORE: string; AGENT: string };
const MINUTES = 40;
const MINUTE_MS = 60_000;

type Step = Omit<Entry, 'taskId' | 'agent'>;

const STEPS: readonly Step[] = [
  { type: 'text', text: 'Starting on the retry policy of the webhook queue.' },
  {
    type: 'thinking',
    text: 'The queue retries at once, five times. With a receiver that is down for a minute all five are gone within a second. Exponential delays with some jitter would carry a message through; the delays must survive a restart, so they belong into the table and not into a timer.',
  },
  { type: 'tool', text: 'rg -n "retry" src/queue', detail: { tool: 'bash', timeoutMs: 30_000 } },
  {
    type: 'tool_result',
    text: 'src/queue/worker.ts:88: await this.retry(message)\nsrc/queue/worker.ts:131: async retry(message: Message) {',
    detail: { exit: 0, milliseconds: 41 },
  },
  { type: 'text', text: 'Writing the failing test first: a receiver that answers 503 for 90 seconds.' },
  { type: 'tool', text: 'npm test -- queue', detail: { tool: 'bash', timeoutMs: 120_000 } },
  { type: 'tool_error', text: 'expected 1 delivery, got 0', detail: { exit: 1, milliseconds: 5210 } },
  { type: 'text', text: 'Red as it should be. Adding nextAttemptAt to the table.' },
  { type: 'tool', text: 'npm test -- queue', detail: { tool: 'bash', timeoutMs: 120_000 } },
  { type: 'tool_result', text: '14 passed', detail: { exit: 0, milliseconds: 5377 } },
  { type: 'status', text: 'done' },
];

const end = Date.now();
let now = end;
const log = await openAgentLog(STORE, { fullText: true, now: () => now });
const tasks = AGENT === 'executor' ? ['FN-042', 'FN-043'] : ['FN-040', 'FN-044', 'FN-045'];
for (let minute = MINUTES; minute > 0; minute--) {
  // More in some minutes than in others.
  for (let n = 0; n < 3 + ((minute * 7) % 11); n++) {
    const step = STEPS[(minute + n) % STEPS.length]!;
    now = end - minute * MINUTE_MS + n * 1700;
    await log.append({ taskId: tasks[minute % tasks.length]!, agent: AGENT, ...step });
  }
  if (minute === 15) await log.compact();
}
for (const [n, step] of STEPS.entries()) {
  now = end - (STEPS.length - n) * 2100;
  await log.append({ taskId: tasks[0]!, agent: AGENT, ...step });
}
console.log('done');
for await (const _ of process.stdin);
await log.close();
