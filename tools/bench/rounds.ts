/** Contenders in turn, round by round, so that a slow moment of the machine hits all. */
import { median } from './measure.js';

/** Entries a second in each round, by name. */
export type Rates = ReadonlyMap<string, readonly number[]>;

/** What each gave in each round, by name. */
export async function inRounds<T>(
  rounds: number,
  contenders: readonly { readonly name: string; readonly run: () => Promise<T> }[],
): Promise<Map<string, T[]>> {
  const results = new Map(contenders.map(({ name }) => [name, [] as T[]]));
  for (let round = 0; round < rounds; round++) {
    // Nobody always comes behind the same one, whose writes the disk may still be at.
    for (let i = 0; i < contenders.length; i++) {
      const { name, run } = contenders[(round + i) % contenders.length]!;
      results.get(name)!.push(await run());
    }
  }
  return results;
}

/** How many times as fast as the other; the median of the rounds. */
export function timesAsFast(rates: Rates, name: string, other: string): number {
  return median(rates.get(name)!.map((rate, round) => rate / rates.get(other)![round]!));
}
