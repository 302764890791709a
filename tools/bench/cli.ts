/** What the `agentlog` command takes, as whoever types it feels it: whole processes, into a pipe, beside a bare Node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resultOf } from './child.js';
import { median } from './measure.js';
import { Filled } from './read/filled.js';
import { type Bar, number, type Report } from './report.js';
import { inRounds } from './rounds.js';
import { Workplace } from './workplace.js';

const MIB = 2 ** 20;
const FULL = { rounds: 7, entries: 1_000_000, largeBytes: 256 * MIB };
const QUICK = { rounds: 3, entries: 50_000, largeBytes: 32 * MIB };
const SMALL_BYTES = 8 * MIB;

const PROGRAM = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const SEGMENT = new URL('./cli/segment-child.js', import.meta.url);

interface Command {
  readonly name: string;
  readonly args: readonly string[];
  readonly bar: (seconds: number, bare: number) => Bar;
}

export function benchCli(quick: boolean): Promise<Report[]> {
  const { rounds, entries, largeBytes } = quick ? QUICK : FULL;
  return Workplace.during((place) =>
    place.within(async (directory) => {
      const { path: store } = await Filled.make(directory, entries);
      const small = await segmentOf(join(directory, 'small'), SMALL_BYTES);
      const large = await segmentOf(join(directory, 'large'), largeBytes);
      const commands: Command[] = [
        { name: '--help', args: ['--help'], bar: (seconds, bare) => times('--help', seconds / bare, 2.2) },
        {
          name: `status of ${number(entries)} entries`,
          args: ['status', store],
          bar: (seconds) => within('status', seconds, 400),
        },
        {
          name: 'inspect of 8 MiB',
          args: ['inspect', small.path],
          bar: (seconds) => within('inspect', seconds, 300),
        },
        {
          name: `verify of ${number(large.bytes / MIB)} MiB`,
          args: ['verify', large.path],
          bar: (seconds) => rate('verify', large.bytes / 1e6 / seconds, 200, 'MB/s'),
        },
        {
          name: 'dump',
          args: ['dump', large.path],
          bar: (seconds) => rate('dump', large.entries / seconds, 100_000, 'records/s'),
        },
        {
          name: 'dump --json',
          args: ['dump', large.path, '--json'],
          bar: (seconds) => rate('dump --json', large.entries / seconds, 100_000, 'records/s'),
        },
        {
          name: 'export',
          args: ['export', store],
          bar: (seconds) => rate('export', entries / seconds, 100_000, 'records/s'),
        },
        {
          name: 'export --csv',
          args: ['export', store, '--csv'],
          bar: (seconds) => rate('export --csv', entries / seconds, 100_000, 'records/s'),
        },
      ];
      const took = await inRounds(rounds, [
        { name: 'node -e 0', run: () => time(['-e', '0']) },
        ...commands.map(({ name, args }) => ({ name, run: () => time([PROGRAM, ...args]) })),
      ]);
      const middle = (name: string) => median(took.get(name)!);
      const bare = middle('node -e 0');
      return [
        {
          title: `The agentlog command, whole processes, medians of ${rounds} rounds`,
          rows: [
            ['', 'ms', 'least', 'times a bare node'],
            ...[...took].map(([name, all]) => [
              name,
              number(1000 * median(all)),
              number(1000 * Math.min(...all)),
              number(median(all.map((seconds, round) => seconds / took.get('node -e 0')![round]!)), 2),
            ]),
          ],
          bars: commands.map(({ name, bar }) => bar(middle(name), bare)),
        },
      ];
    }),
  );
}

async function segmentOf(store: string, bytes: number) {
  const entries = await resultOf<number>(SEGMENT, [store, bytes]);
  const directory = join(store, 'segments');
  const files = readdirSync(directory);
  if (files.length !== 1) throw new Error(`one segment was to be made in ${directory}, not ${files.length}`);
  const path = join(directory, files[0]!);
  return { path, entries, bytes: statSync(path).size };
}

/** Seconds until it has ended and all that it printed was read. */
async function time(args: readonly string[]): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return (performance.now() - begun) / 1000;
}

function within(what: string, seconds: number, most: number): Bar {
  const milliseconds = 1000 * seconds;
  return { what, bar: `<= ${most} ms`, measured: `${number(milliseconds)} ms`, met: milliseconds <= most };
}

function times(what: string, ratio: number, most: number): Bar {
  return { what, bar: `<= ${most}x node -e 0`, measured: `${number(ratio, 2)}x`, met: ratio <= most };
}

function rate(what: string, measured: number, least: number, unit: string): Bar {
  return {
    what,
    bar: `>= ${number(least)} ${unit}`,
    measured: `${number(measured)} ${unit}`,
    met: measured >= least,
  };
}
