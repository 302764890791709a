/** The last entries of a long task, as a dashboard asks for them, and as a file of JSON lines for each task gives them. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type AgentLogInput, createAgentLogStore } from '../../../src/adapters/fusion.js';
import { openAgentLog } from '../../../src/index.js';
import { median } from '../measure.js';
import { number, type Report } from '../report.js';
import { sampleEntries } from '../sample.js';
import { versions } from '../versions.js';
import { inputOf } from './sample.js';

const TASK = 'FN-001';
const BATCH = 1000;
/** Reading the whole file takes as long as hundreds of calls. */
const LINE_ROUNDS = 7;
const MOST_MS = 1;

export async function reading(directory: string, entries: number, calls: number): Promise<Report> {
  const lines = join(directory, 'agent-log.jsonl');
  const path = join(directory, 'store');
  await fill(path, lines, entries);
  const store = await createAgentLogStore(path);
  const last100 = () => store.getAgentLogs(TASK, { limit: 100 });
  const times: [name: string, times: number[]][] = [
    ['getAgentLogs, last 100', await timed(calls, last100)],
    ['the same, of a type', await timed(calls, () => store.getAgentLogs(TASK, { limit: 100, type: 'tool' }))],
    [
      'the same, after an append that nobody waits for',
      await timed(calls, () => {
        store.appendAgentLog(TASK, 'One more.', 'text', null, 'executor');
        return last100();
      }),
    ],
    ['getAgentLogCount', await timed(calls, () => store.getAgentLogCount(TASK))],
    ['getLatestAgentLogActivityMs', await timed(calls, () => store.getLatestAgentLogActivityMs(TASK))],
    ['JSON lines, last 100', await timed(LINE_ROUNDS, async () => parsed(lines).slice(-100))],
  ];
  await store.close();
  const p50 = median(times[0]![1]);
  return {
    title: `Reading a task of ${number(entries)} entries, milliseconds`,
    versions: versions([]),
    rows: [
      ['', 'p50', 'p99'],
      ...times.map(([name, all]) => [name, number(median(all), 3), number(quantile(all, 0.99), 3)]),
    ],
    bars: [
      {
        what: `getAgentLogs, last 100 of ${number(entries)}, p50`,
        bar: `<= ${MOST_MS} ms`,
        measured: `${number(p50, 3)} ms`,
        met: p50 <= MOST_MS,
      },
    ],
  };
}

/** The same entries into both; those of the store become rows. */
async function fill(path: string, lines: string, entries: number): Promise<void> {
  const sample = sampleEntries(6000);
  const store = await createAgentLogStore(path);
  for (let from = 0; from < entries; from += BATCH) {
    const batch: AgentLogInput[] = Array.from({ length: Math.min(BATCH, entries - from) }, (_, i) => ({
      ...inputOf(sample[(from + i) % sample.length]!),
      taskId: TASK,
    }));
    await store.appendAgentLogBatch(batch);
    const timestamp = new Date().toISOString();
    appendFileSync(lines, batch.map((entry) => `${JSON.stringify({ timestamp, ...entry })}\n`).join(''));
  }
  await store.close();
  const log = await openAgentLog(path);
  await log.compact();
  await log.close();
}

function parsed(lines: string): unknown[] {
  const entries: unknown[] = [];
  for (const line of readFileSync(lines, 'utf8').split('\n')) if (line !== '') entries.push(JSON.parse(line));
  return entries;
}

async function timed(calls: number, call: () => Promise<unknown>): Promise<number[]> {
  await call();
  const times: number[] = [];
  for (let i = 0; i < calls; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return times;
}

function quantile(times: readonly number[], part: number): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length * part)]!;
}
