/** Logs lines as a busy server does, some every millisecond or two, and says how long its thread was busy with them. */
import { once } from 'node:events';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { leave, say } from '../parent.js';
import { sampleEntries } from '../sample.js';

export interface LoggingResult {
  /** Of the thread that logs. */
  readonly busyMilliseconds: number;
  /** From the last line until all were flushed, as the target understands it. */
  readonly milliseconds: number;
}

const LINES_A_TURN = 20;
const PAUSE_MS = 1;

const [target, directory, lines] = process.argv.slice(2) as [string, string, string];

const options: Readonly<Record<string, string>> =
  target === 'pino/file'
    ? { destination: join(directory, 'log.jsonl') }
    : { directory: join(directory, 'store') };
const transport = pino.transport({ target, options });
const logger = pino({ name: 'executor' }, transport);
const sample = sampleEntries(6000).map(({ taskId, text, detail }) => ({ fields: { taskId, detail }, text }));
await once(transport, 'ready');

const before = performance.eventLoopUtilization();
for (let i = 0; i < Number(lines); i++) {
  const { fields, text } = sample[i % sample.length]!;
  logger.info(fields, text);
  if (i % LINES_A_TURN === LINES_A_TURN - 1) await setTimeout(PAUSE_MS);
}
const { active } = performance.eventLoopUtilization(before);
const begin = performance.now();
// Looks again and again until all is flushed, so what it takes of the thread is how long it waits.
await new Promise<void>((resolve) => logger.flush(() => resolve()));
say({
  busyMilliseconds: active,
  milliseconds: performance.now() - begin,
} satisfies LoggingResult);
leave();
