/** Contenders in turn, round by round, each in a directory of its own and for the same time. */
import { performance } from 'node:perf_hooks';
import { inRounds, type Rates } from '../rounds.js';
import type { Workplace } from '../workplace.js';
import type { Contender, OpenContender } from './contender.js';

const WARM_UP_ENTRIES = 50;

export interface Pace {
  readonly rounds: number;
  /** Of a contender in a round. */
  readonly milliseconds: number;
}

export async function race(
  contenders: readonly Contender[],
  { rounds, milliseconds }: Pace,
  place: Workplace,
): Promise<Rates> {
  return inRounds(
    rounds,
    contenders.map((contender) => ({
      name: contender.name,
      run: () => place.within((path) => rate(contender, path, milliseconds)),
    })),
  );
}

async function rate(contender: Contender, directory: string, milliseconds: number): Promise<number> {
  const store = await contender.open(directory);
  try {
    await warmUp(store, milliseconds / 5);
    const start = performance.now();
    const end = start + milliseconds;
    const entries = await store.append(() => performance.now() >= end);
    return (entries / (performance.now() - start)) * 1000;
  } finally {
    await store.close();
  }
}

async function warmUp(store: OpenContender, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  let calls = 0;
  await store.append(() => calls++ >= WARM_UP_ENTRIES && performance.now() >= end);
}
