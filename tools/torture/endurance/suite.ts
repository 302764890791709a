/** Millions of entries through one store, pruned all the while, by processes that are closed or killed and started anew. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type AgentLog, openAgentLog } from '../../../src/index.js';
import { Child } from '../../bench/child.js';
import type { Run, Suite } from '../suite.js';
import { curve, type Quantity, unbounded } from './curves.js';
import type { Said, Sample } from './living-child.js';
import { entryNo, leftAtTheEnd, type Plan } from './plan.js';

const SCRIPT = new URL('./living-child.js', import.meta.url);
const CASE = 'lives';
const KIB = 1024;
const MIB = 1024 * KIB;

const FORMS: Record<Run['form'], Plan & { readonly lives: number }> = {
  short: {
    lives: 5,
    entries: 100_000,
    batch: 500,
    pruneEach: 10_000,
    keepPerTask: 200,
    keepYoungest: 5000,
    sampleEach: 2000,
    segmentBytes: 256 * KIB,
    archiveBytes: MIB,
  },
  long: {
    lives: 9,
    entries: 10_000_000,
    batch: 2000,
    pruneEach: 400_000,
    keepPerTask: 5000,
    keepYoungest: 150_000,
    sampleEach: 50_000,
    segmentBytes: 8 * MIB,
    archiveBytes: 32 * MIB,
  },
};

const QUANTITIES: Record<keyof Sample, Quantity> = {
  memory: { name: 'memory, MiB', unit: MIB, slack: 16 * MIB },
  descriptors: { name: 'descriptors', unit: 1, slack: 4 },
  disk: { name: 'disk, MiB', unit: MIB, slack: 4 * MIB },
  wal: { name: 'log of the database, MiB', unit: MIB, slack: 16 * MIB },
};

export const endurance: Suite = {
  name: 'endurance',
  about:
    '10,000,000 entries (short: 100,000) with prunes, restarts and kills; memory, descriptors and disk stay bounded',
  missing: () => (existsSync('/proc/self/fd') ? undefined : 'there is no /proc that tells of descriptors'),
  async run(run) {
    if (run.only !== undefined && run.only !== CASE)
      throw new Error(`there is no case ${run.only}; there is: ${CASE}`);
    run.count('cases');
    const { lives, ...plan } = FORMS[run.form];
    const store = join(run.directory, 'store');
    const samples = await liveThrough(run, store, plan, lives);
    for (const [key, quantity] of Object.entries(QUANTITIES)) {
      const values = samples.map((sample) => sample[key as keyof Sample]);
      run.figure(quantity.name, curve(values, quantity));
      const problem = unbounded(values, quantity);
      if (problem !== undefined) run.fail(CASE, problem);
    }
    const log = await openAgentLog(store, {
      on: { damage: ({ segment, reason }) => run.fail(CASE, `damage of ${segment}: ${reason}`) },
    });
    try {
      run.figure('entries appended', plan.entries);
      const left = leftAtTheEnd(plan);
      await compare(log, left);
      await log.compact();
      run.count('entries compared', await compare(log, left));
    } catch (error) {
      run.fail(CASE, error);
    } finally {
      await log.close();
    }
  },
};

/**
 * One life after the other, every other one killed. The last one alone does half of the work, so that what a process
 * gathers while it lives is there to be seen, not only what a store does.
 */
async function liveThrough(run: Run, store: string, plan: Plan, lives: number): Promise<Sample[]> {
  const random = run.random(CASE);
  const samples: Sample[] = [];
  let acknowledged = 0;
  for (let life = 1; life <= lives; life++) {
    const part = plan.entries / 2 / (lives - 1);
    const isLast = life === lives;
    const isKilled = !isLast && life % 2 === 1;
    const end = isLast ? plan.entries : life * part - random.below(part / 2);
    // One that is to be killed goes on meanwhile.
    const child = new Child(SCRIPT, [store, String(isKilled ? plan.entries : end), JSON.stringify(plan)]);
    const hear = (said: Said) => {
      if ('trouble' in said) run.fail(CASE, `life ${life}: ${said.trouble}`);
      else if ('begins' in said) {
        const isRight = said.begins === acknowledged || said.begins === acknowledged + plan.batch;
        if (!isRight)
          run.fail(CASE, `life ${life} finds ${said.begins} entries, and ${acknowledged} were acknowledged`);
      } else {
        acknowledged = said.entries;
        if (said.sample !== undefined) samples.push(said.sample);
      }
    };
    for (;;) {
      const said = await child.hearOrEnd<Said>();
      if (said === undefined) break;
      hear(said);
      if (!isKilled || acknowledged < end) continue;
      await child.kill();
      for (const late of child.heard<Said>()) hear(late);
      run.count('kills');
      break;
    }
    if (!isKilled) await child.end();
    run.count('lives');
  }
  return samples;
}

/** Everything that is left, each entry whole and in its place, and what the counters say. */
async function compare(log: AgentLog, left: readonly number[]): Promise<number> {
  let at = 0;
  let lastId = '';
  for await (const { id, ...entry } of log.scan()) {
    const expected = at < left.length ? entryNo(left[at]!) : undefined;
    if (!isDeepStrictEqual(entry, expected))
      throw new Error(
        `entry ${at} of those that are left is ${JSON.stringify(entry)} and not ${JSON.stringify(expected)}`,
      );
    if (id <= lastId) throw new Error(`${id} comes after ${lastId}`);
    lastId = id;
    at++;
  }
  const count = await log.count();
  if (at !== left.length || count !== left.length)
    throw new Error(`${left.length} entries must be left; ${at} are there, and count() says ${count}`);
  const byTask = new Map<string, number>();
  for (const n of left) byTask.set(entryNo(n).taskId, (byTask.get(entryNo(n).taskId) ?? 0) + 1);
  const told = new Map((await log.tasks()).map(({ taskId, entries }) => [taskId, entries]));
  for (const [taskId, entries] of byTask)
    if (told.get(taskId) !== entries)
      throw new Error(`${taskId} has ${entries} entries, and tasks() says ${told.get(taskId)}`);
  if (told.size !== byTask.size)
    throw new Error(`${byTask.size} tasks have entries, and tasks() tells of ${told.size}`);
  return at;
}
