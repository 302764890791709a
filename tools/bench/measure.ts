/** Timing by interleaved rounds: every contender runs once a round, so that a slow moment of the machine hits all. */

export interface Contender {
  readonly name: string;
  /** One round; returns how many units it did. */
  readonly run: () => number;
}

export interface Figure {
  readonly name: string;
  /** Medians over the rounds. */
  readonly unitsPerSecond: number;
  readonly nanosecondsPerUnit: number;
  /** Of this contender's time to the first one's, round by round; the median. */
  readonly ratioToFirst: number;
}

export function measure(contenders: readonly Contender[], rounds = 11): Figure[] {
  for (const { run } of contenders) run();
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of contenders.entries()) {
      const start = process.hrtime.bigint();
      const units = run();
      times[i]!.push(Number(process.hrtime.bigint() - start) / units);
    }
  }
  return contenders.map(({ name }, i) => {
    const nanosecondsPerUnit = median(times[i]!);
    return {
      name,
      nanosecondsPerUnit,
      unitsPerSecond: 1e9 / nanosecondsPerUnit,
      ratioToFirst: median(times[i]!.map((time, round) => time / times[0]![round]!)),
    };
  });
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
