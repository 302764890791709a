/** How fast `agentlog import` takes over what other programs have logged: until it is acknowledged, and as a whole process. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeSources } from './import/sources.js';
import { median } from './measure.js';
import { number, type Report } from './report.js';
import { inRounds } from './rounds.js';
import { Workplace } from './workplace.js';

const FULL = { rounds: 3, entries: 1_000_000 };
const QUICK = { rounds: 1, entries: 50_000 };
const WANTED = 100_000;
const PROGRAM = fileURLToPath(new URL('../cli/main.js', import.meta.url));

export function benchImport(quick: boolean): Promise<Report[]> {
  const { rounds, entries } = quick ? QUICK : FULL;
  return Workplace.during((place) =>
    place.within(async (directory) => {
      const { database, lines } = makeSources(directory, entries);
      const whole = new Map<string, number[]>();
      const contender = (kind: string, path: string) => ({
        name: kind,
        run: () =>
          place.within(async (other) => {
            const begun = performance.now();
            const seconds = await importing(join(other, 'store'), path, kind, entries);
            whole.set(kind, [...(whole.get(kind) ?? []), (performance.now() - begun) / 1000]);
            return seconds;
          }),
      });
      const took = await inRounds(rounds, [
        contender('fusion-sqlite', database),
        contender('fusion-jsonl', lines),
      ]);
      const rates = [...took].map(([kind, all]) => [kind, entries / median(all)] as const);
      return [
        {
          title: `agentlog import of ${number(entries)} entries of some 450 bytes, medians of ${rounds} rounds`,
          rows: [
            ['', 'entries/s until acknowledged', 'whole process, s'],
            ...rates.map(([kind, rate]) => [kind, number(rate), number(median(whole.get(kind)!), 1)]),
          ],
          bars: rates.map(([kind, rate]) => ({
            what: kind,
            bar: `>= ${number(WANTED)} entries/s`,
            measured: `${number(rate)} entries/s`,
            met: rate >= WANTED,
          })),
        },
      ];
    }),
  );
}

/** Seconds until the last entry was on disk. */
async function importing(store: string, path: string, kind: string, wanted: number): Promise<number> {
  const args = [PROGRAM, 'import', store, path, '--from', kind, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { entries, milliseconds } = JSON.parse(stdout) as { entries: number; milliseconds: number };
  if (entries !== wanted) throw new Error(`${entries} entries were imported from ${path}, not ${wanted}`);
  return milliseconds / 1000;
}
