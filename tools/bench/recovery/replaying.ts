/** How fast what killed writers have left becomes rows. */
import { join } from 'node:path';
import { resultOf } from '../child.js';
import { median } from '../measure.js';
import { number, type Report } from '../report.js';
import { inRounds } from '../rounds.js';
import type { Workplace } from '../workplace.js';
import { leaveBehind } from './crashed.js';

const SCRIPT = new URL('./replaying-child.js', import.meta.url);
const MIB = 2 ** 20;
const LEAST = 150_000;
const KINDS = { usual: 'entries of about 450 bytes', little: 'entries of about 100 bytes' } as const;

interface Sizes {
  readonly rounds: number;
  readonly waitingBytes: number;
}

export async function replaying({ rounds, waitingBytes }: Sizes, place: Workplace): Promise<Report> {
  const kinds = ['usual', 'little'] as const;
  const rates = await inRounds(
    rounds,
    kinds.map((kind) => ({
      name: kind,
      run: () =>
        place.within(async (directory) => {
          const store = join(directory, 'store');
          const left = { writers: 4, bytes: waitingBytes, segmentBytes: 8 * MIB, kind };
          const entries = await leaveBehind(store, left);
          return (entries / (await resultOf<number>(SCRIPT, [store, entries]))) * 1000;
        }),
    })),
  );
  return {
    title: `${number(waitingBytes / MIB)} MiB that four killed writers have left, made into rows`,
    rows: [
      ['', 'entries/s', 'most'],
      ...kinds.map((kind) => [
        KINDS[kind],
        number(median(rates.get(kind)!)),
        number(Math.max(...rates.get(kind)!)),
      ]),
    ],
    bars: kinds.map((kind) => ({
      what: `made into rows, ${KINDS[kind]}`,
      bar: `>= ${number(LEAST)}/s`,
      measured: `${number(median(rates.get(kind)!))}/s`,
      met: median(rates.get(kind)!) >= LEAST,
    })),
  };
}
