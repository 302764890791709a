/** Times calls on two stores in turn, and the reading of a file of JSON lines. */
import { readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type AgentLog, type Entry, openAgentLog } from '../../../src/index.js';
import { type Delays, delays } from '../event-loop.js';
import { leave, say } from '../parent.js';
import { entryNo, LARGE, TASKS, taskName } from './sample.js';

interface Figures {
  readonly p50: number;
  readonly p99: number;
}

/** Milliseconds. */
export interface CallTimes {
  /** Of each round. */
  readonly calls: { [name: string]: { readonly many: Figures; readonly few: Figures }[] };
  readonly lines: number[];
  readonly delays: [name: string, delays: Delays][];
}

/** What waits: enough of every other task for the calls that hit it. */
const WAITING = 120 * (TASKS / 2);
const BATCH = 50;
const LINE_ROUNDS = 3;

const [many, few, file, lines, rounds, count] = process.argv.slice(2) as [
  string,
  string,
  string,
  ...string[],
];

const CALLS: { [name: string]: (log: AgentLog, i: number) => Promise<unknown> } = {
  'last 100': (log, i) => log.entries({ taskId: taskName(i), last: 100 }),
  'last 100, after an append': (log, i) => log.entries({ taskId: taskName(i), last: 100 }),
  'last 100 of a type': (log, i) => log.entries({ taskId: taskName(i), type: 'tool', last: 100 }),
  'last 100 of a task with a tenth of all': (log) => log.entries({ taskId: LARGE, last: 100 }),
  'last 100 of a type of a task with a tenth of all': (log) =>
    log.entries({ taskId: LARGE, type: 'tool', last: 100 }),
  'count of a task': (log, i) => log.count({ taskId: taskName(i) }),
  'get of a row': (log, i) => log.get(ids.get(log)![i % 1000]!),
  tasks: (log) => log.tasks(),
};

const stores = { many: await open(many), few: await open(few) };
const ids = new Map<AgentLog, string[]>();
for (const log of Object.values(stores))
  ids.set(
    log,
    (await log.entries({ limit: 1000 })).map(({ id }) => id),
  );

const calls: CallTimes['calls'] = {};
for (const name of Object.keys(CALLS)) calls[name] = [];
for (let round = 0; round < Number(rounds); round++)
  for (const name of Object.keys(CALLS))
    calls[name]!.push({ many: await time(stores.many, name), few: await time(stores.few, name) });

say({ calls, lines: readLines(), delays: await turns(stores.many) } satisfies CallTimes);
for (const log of Object.values(stores)) await log.close();
leave();

async function open(directory: string): Promise<AgentLog> {
  const log = await openAgentLog(directory, { compact: false });
  for (let from = 0; from < WAITING; from += BATCH)
    await log.appendBatch(
      Array.from({ length: BATCH }, (_, i) => ({ ...entryNo(from + i), taskId: taskName((from + i) * 2) })),
    );
  return log;
}

async function time(log: AgentLog, name: string): Promise<Figures> {
  const call = CALLS[name]!;
  const took: number[] = [];
  for (let i = 0; i < Number(count); i++) {
    if (name.endsWith('append')) await log.append({ ...entryNo(i), taskId: taskName(i * 2) });
    const start = performance.now();
    await call(log, i);
    took.push(performance.now() - start);
  }
  took.sort((a, b) => a - b);
  return { p50: took[took.length >> 1]!, p99: took[Math.floor(took.length * 0.99)]! };
}

/** As whoever logs to a file of JSON lines finds the last entries of a task. */
function readLines(): number[] {
  const entries = Array.from({ length: Number(lines) }, (_, i) => JSON.stringify(entryNo(i)));
  writeFileSync(file, `${entries.join('\n')}\n`);
  return Array.from({ length: LINE_ROUNDS }, () => {
    const start = performance.now();
    const all = readFileSync(file, 'utf8').trimEnd().split('\n');
    const found = all.map((line) => JSON.parse(line) as Entry).filter(({ taskId }) => taskId === 'task-7');
    if (found.slice(-100).length === 0) throw new Error('nothing was found');
    return performance.now() - start;
  });
}

/** What must look at many entries must not keep others waiting. */
async function turns(log: AgentLog): Promise<CallTimes['delays']> {
  const works: [string, () => Promise<unknown>][] = [
    ['idle', () => delay(2000)],
    ['an agent that nobody is', () => log.entries({ agent: 'nobody', last: 100 })],
    ['a type that a task of a tenth has not', () => log.entries({ taskId: LARGE, type: 'none', last: 100 })],
    ['a time without entries', () => log.entries({ since: 1, until: 2 })],
    ['scan', () => scan(log)],
    ['100,000 entries at once', () => log.entries({ limit: 100_000 })],
    ['last 100 of tasks, one after the other', () => time(log, 'last 100')],
  ];
  const found: CallTimes['delays'] = [];
  for (const [name, work] of works) found.push([name, await delays(1, work)]);
  return found;
}

async function scan(log: AgentLog): Promise<void> {
  for await (const { text } of log.scan()) if (text === '') throw new Error('an entry is empty');
}
