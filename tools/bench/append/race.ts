/** Contenders in turn, round by round, each in a directory of its own and for the same time. */
import { performance } from 'node:perf_hooks';
import { median } from '../measure.js';
import type { Contender, OpenContender } from './contender.js';
import type { Workplace } from './workplace.js';

const WARM_UP_ENTRIES = 50;

export interface Pace {
  readonly rounds: number;
  /** Of a contender in a round. */
  readonly milliseconds: number;
}

/** Entries a second in each round, by name. */
export type Rates = ReadonlyMap<string, readonly number[]>;

export async function race(
  contenders: readonly Contender[],
  { rounds, milliseconds }: Pace,
  place: Workplace,
): Promise<Rates> {
  const rates = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    // Nobody always comes behind the same one, whose writes the disk may still be at.
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(round + i) % contenders.length]!;
      rates.get(contender.name)!.push(await place.within((path) => rate(contender, path, milliseconds)));
    }
  }
  return rates;
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

/** How many times as fast as the other; the median of the rounds. */
export function timesAsFast(rates: Rates, name: string, other: string): number {
  return median(rates.get(name)!.map((rate, round) => rate / rates.get(other)![round]!));
}
