/** Everything there is, once through. */
import { resultOf } from '../child.js';
import { median } from '../measure.js';
import { number, type Report } from '../report.js';
import type { Filled } from './filled.js';
import type { Scan } from './scanning-child.js';

const SCRIPT = new URL('./scanning-child.js', import.meta.url);
const LEAST_PER_SECOND = 200_000;
/** How much more memory the whole may take than its first tenth. */
const MOST_GROWTH = 1.25;
const MIB = 2 ** 20;

export async function scanning({ path, entries }: Filled, rounds: number): Promise<Report> {
  const scans: Scan[] = [];
  for (let round = 0; round < rounds; round++) scans.push(await resultOf<Scan>(SCRIPT, [path, entries]));
  const perSecond = median(scans.map(({ milliseconds }) => (entries / milliseconds) * 1000));
  const early = median(scans.map((scan) => scan.earlyMemory)) / MIB;
  const most = median(scans.map((scan) => scan.memory)) / MIB;
  return {
    title: `A scan of ${number(entries)} entries`,
    rows: [
      ['', 'entries/s', 'memory after a tenth, MiB', 'most, MiB'],
      ['scan', number(perSecond), number(early), number(most)],
    ],
    bars: [
      {
        what: 'scan of everything',
        bar: `>= ${number(LEAST_PER_SECOND)}/s`,
        measured: `${number(perSecond)}/s`,
        met: perSecond >= LEAST_PER_SECOND,
      },
      {
        what: 'memory of a scan',
        bar: `<= ${MOST_GROWTH}x that of its first tenth`,
        measured: `${number(most / early, 2)}x`,
        met: most / early <= MOST_GROWTH,
      },
    ],
  };
}
