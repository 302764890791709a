/** Each system call of a short life of a store fails once, or is the one at which the process is killed. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openAgentLog } from '../../../src/index.js';
import { judge, readAll } from '../processes/judge.js';
import type { Run, Suite } from '../suite.js';
import { type Fault, faultsOf, KILL, nameOf, PHASES, parseName } from './faults.js';
import { Scenario } from './scenario.js';
import { noTracing } from './tracer.js';

/** Much of a case is waiting: for strace, and for the disk. */
const AT_ONCE = 3;
const SHORT_CASES = 9;
const BY_THREADS_ONE_OF = 8;
/** Of the cases, in which the call must be reached: how often a thread makes it differs a little from run to run. */
const LEAST_MET = 0.8;

export const systemCalls: Suite = {
  name: 'system-calls',
  about:
    'the nth fdatasync, fsync, pwrite64, rename, ... of a store fails, or the process is killed at it, for every n',
  missing: noTracing,
  async run(run) {
    const faults = run.only === undefined ? await chooseFaults(run) : [parseName(run.only)];
    let met = 0;
    const waiting = [...faults];
    const work = async () => {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift())
        if (await tryFault(run, fault)) met++;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (met < faults.length * LEAST_MET)
      run.fail(run.only ?? 'all', `only ${met} of ${faults.length} calls were reached`);
  },
};

/** In the long form all that a run without faults makes, in the short one some of different kinds. */
async function chooseFaults(run: Run): Promise<Fault[]> {
  const random = run.random('faults');
  const kinds: Fault[][] = [];
  for (const phase of PHASES) {
    const calls = await inDirectory(run, phase, (scenario) => scenario.calls(phase));
    for (const [call, ns] of calls) {
      const kind = [...ns].flatMap((n) =>
        faultsOf(call, n, run.seed).map((what) => ({ phase, what, call, n })),
      );
      if (kind.length > 0) kinds.push(kind);
    }
  }
  if (run.form === 'long') return kinds.flat();
  const chosen: Fault[] = [];
  while (chosen.length < SHORT_CASES)
    chosen.push(random.pick(kinds.splice(random.below(kinds.length), 1)[0]!));
  return chosen;
}

/** Whether it came to pass. */
async function tryFault(run: Run, fault: Fault): Promise<boolean> {
  const name = nameOf(fault);
  try {
    return await inDirectory(run, name, async (scenario) => {
      const isMet = await scenario.meet(fault);
      run.count(
        isMet ? `calls: ${fault.what === KILL ? 'killed at' : fault.what}` : 'calls that were not reached',
      );
      if (fault.phase === 'healing') await heal(scenario.store);
      for (const store of scenario.isCopied ? [scenario.copy, scenario.store] : [scenario.store])
        run.count('entries compared', await judge(store, scenario.ledger, judgeOf(fault)));
      return isMet;
    });
  } catch (error) {
    run.fail(name, error);
    return true;
  }
}

/** Starting threads takes longer than all else that is judged, so not every store is given its own. */
function judgeOf({ n }: Fault) {
  return n % BY_THREADS_ONE_OF === 0 ? 'its threads' : 'this thread';
}

/** Whoever reads it finds the damage, if the process was killed before it was mended. */
async function heal(store: string): Promise<void> {
  const log = await openAgentLog(store, { on: { heal: () => undefined } });
  try {
    await readAll(log).catch(() => undefined);
    await log.compact();
  } finally {
    await log.close();
  }
}

async function inDirectory<Result>(
  run: Run,
  name: string,
  work: (scenario: Scenario) => Promise<Result>,
): Promise<Result> {
  const directory = join(run.directory, name);
  mkdirSync(directory);
  try {
    return await work(new Scenario(directory));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
