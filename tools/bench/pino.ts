/** What a line costs the thread that logs it with pino: into a store, on disk, and into a file that is never synced. */
import { fileURLToPath } from 'node:url';
import { resultOf } from './child.js';
import { median } from './measure.js';
import type { LoggingResult } from './pino/logging-child.js';
import { number, type Report } from './report.js';
import { inRounds } from './rounds.js';
import { versions } from './versions.js';
import { Workplace } from './workplace.js';

const FULL = { lines: 40_000, rounds: 9 };
const QUICK = { lines: 10_000, rounds: 3 };
const MOST_TIMES = 1.3;
const OURS = 'agentlog/pino';
const FILE = 'pino/file';
const TARGETS = {
  [OURS]: fileURLToPath(new URL('../../src/adapters/pino.js', import.meta.url)),
  [FILE]: FILE,
};
type Name = keyof typeof TARGETS;

export function benchPino(quick: boolean): Promise<Report[]> {
  const { lines, rounds } = quick ? QUICK : FULL;
  return Workplace.during(async (place) => [await logging(lines, rounds, place)]);
}

async function logging(lines: number, rounds: number, place: Workplace): Promise<Report> {
  const script = new URL('./pino/logging-child.js', import.meta.url);
  const names = Object.keys(TARGETS) as Name[];
  const contenders = names.map((name) => ({
    name,
    run: () =>
      place.within((directory) => resultOf<LoggingResult>(script, [TARGETS[name], directory, lines])),
  }));
  const results = await inRounds(rounds, contenders);
  const middle = (name: Name, of: (result: LoggingResult) => number) => median(results.get(name)!.map(of));
  const busy = (result: LoggingResult) => (result.busyMilliseconds / lines) * 1000;
  const others = results.get(FILE)!;
  const times = median(results.get(OURS)!.map((result, round) => busy(result) / busy(others[round]!)));
  return {
    title: `pino, ${number(lines)} lines of about 450 bytes`,
    versions: versions(['pino']),
    rows: [
      ['', 'us a line in the thread that logs', 'ms from the last line until all is flushed'],
      ...names.map((name) => [
        name,
        number(middle(name, busy), 2),
        number(middle(name, (result) => result.milliseconds)),
      ]),
    ],
    bars: [
      {
        what: `a line in the thread that logs, against ${FILE}`,
        bar: `<= ${MOST_TIMES}x`,
        measured: `${number(times, 2)}x`,
        met: times <= MOST_TIMES,
      },
    ],
  };
}
