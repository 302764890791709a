/** Whether a process that appends without end comes to an end of the memory it takes. */

import { resultOf } from '../child.js';
import { number, type Report } from '../report.js';
import type { Workplace } from '../workplace.js';
import { METRICS, type Metric, type Sample } from './memory-sample.js';

const MIB = 2 ** 20;
/** How much more the second half of the appends may take at most than the first half did. */
const MARGIN = 1.1;
/** For what is small and moves by chance; a leak of 32 bytes an entry would be more in 500,000 entries. */
const SLACK = 12 * MIB;
const BLOCKS = '▁▂▃▄▅▆▇█';

export async function memory(callers: number, appends: number, place: Workplace): Promise<Report> {
  const script = new URL('./memory-child.js', import.meta.url);
  const samples = await place.within((directory) =>
    resultOf<Sample[]>(script, [directory, callers, appends]),
  );
  const half = samples.length >> 1;
  const of = (metric: Metric) => {
    const values = samples.map((sample) => sample[metric]);
    return {
      curve: curve(values),
      first: Math.max(...values.slice(0, half)),
      second: Math.max(...values.slice(half)),
    };
  };
  const grown = METRICS.filter((metric) => {
    const { first, second } = of(metric);
    return second > first * MARGIN + SLACK;
  });
  return {
    title: `Memory over ${number(appends)} appends of ${number(callers)} callers, MiB`,
    rows: [
      ['', 'most in the first half', 'in the second', `every ${number(appends / samples.length)}`],
      ...METRICS.map((metric) => {
        const { first, second, curve } = of(metric);
        return [metric, number(first / MIB, 1), number(second / MIB, 1), curve];
      }),
    ],
    bars: [
      {
        what: `memory over ${number(appends)} appends`,
        bar: `second half <= ${MARGIN}x the first + ${SLACK / MIB} MiB`,
        measured: grown.length === 0 ? 'bounded' : `${grown.join(', ')} grew`,
        met: grown.length === 0,
      },
    ],
  };
}

/** A line of blocks from nothing to the largest value. */
function curve(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  return values.map((value) => BLOCKS[Math.round((value / most) * (BLOCKS.length - 1))]).join('');
}
