/**
 * `npm run torture -- [SUITE ...] [--short] [--seed N] [--minutes N] [--case NAME] [--bail]`: runs the named fault suites, or all.
 * Ends with 1 if anything that was promised did not hold; with `--bail`, at the first thing that does not.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { named, runWith, wholeNumber } from '../arguments.js';
import { Workplace } from '../bench/workplace.js';
import { Random } from './random.js';
import type { Run, Suite } from './suite.js';
import { SUITES } from './suites.js';

const MOST_SHOWN = 5;

interface Arguments {
  readonly suites: readonly Suite[];
  readonly form: Run['form'];
  readonly seed: number;
  readonly minutes: number | undefined;
  readonly only: string | undefined;
  readonly bail: boolean;
}

function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      case: { type: 'string' },
      bail: { type: 'boolean', default: false },
    },
  });
  const suites = named('suite', SUITES, positionals);
  if (values.case !== undefined && positionals.length !== 1)
    throw new Error('--case needs the one suite that it is of');
  return {
    suites,
    form: values.short ? 'short' : 'long',
    seed: wholeNumber('--seed', values.seed),
    minutes: values.minutes === undefined ? undefined : positive('--minutes', values.minutes),
    only: values.case,
    bail: values.bail,
  };
}

function positive(name: string, text: string): number {
  if (Number(text) > 0) return Number(text);
  throw new Error(`${name} must be a number above zero, and is ${text}`);
}

/** How a suite ended. */
type Outcome = 'held' | 'failed' | 'skipped';

async function runSuite(suite: Suite, given: Arguments, place: Workplace): Promise<Outcome> {
  const { form, seed, minutes, only, bail } = given;
  console.log(`\n${suite.name}: ${suite.about}`);
  const missing = suite.missing?.();
  if (missing !== undefined) {
    console.log(`  SKIPPED: ${missing}`);
    return 'skipped';
  }
  const figures = new Map<string, string | number>();
  let failures = 0;
  let skips = 0;
  const begun = performance.now();
  const tell = () => {
    const seconds = (performance.now() - begun) / 1000;
    const all = [['seed', seed] as const, ...figures, ['seconds', seconds.toFixed(1)] as const];
    const width = Math.max(...all.map(([name]) => name.length));
    for (const [name, value] of all)
      console.log(
        `  ${name.padEnd(width)}  ${typeof value === 'number' ? value.toLocaleString('en-US') : value}`,
      );
    if (failures > 0) console.log(`  ${failures} FAILED`);
  };
  const fail = (name: string, problem: unknown) => {
    failures++;
    if (failures > MOST_SHOWN) return;
    const how = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
    console.log(`  FAILED ${name}: ${how.replaceAll('\n', '\n    ')}`);
    const length = form === 'short' ? ' --short' : '';
    console.log(`  again: npm run torture -- ${suite.name} --seed ${seed}${length} --case '${name}'`);
    if (!bail) return;
    tell();
    // What the suite has under way is of no use any more; the exit clears it up.
    process.exit(1);
  };
  await place.within(async (outer) => {
    const directory = join(outer, suite.name);
    mkdirSync(directory);
    try {
      await suite.run({
        seed,
        form,
        minutes,
        only,
        directory,
        random: (name) => new Random(hash(`${seed} ${name}`)),
        count: (figure, by = 1) => figures.set(figure, Number(figures.get(figure) ?? 0) + by),
        figure: (name, value) => figures.set(name, value),
        skip: (part, why) => {
          skips++;
          console.log(`  SKIPPED ${part}: ${why}`);
        },
        fail,
      });
    } catch (error) {
      fail(only ?? 'all', error);
    }
  });
  tell();
  if (failures > 0) return 'failed';
  // A run in which nothing happened shows nothing.
  if (figures.size === 0 && skips === 0) {
    console.log('  FAILED: no case ran');
    return 'failed';
  }
  return skips > 0 ? 'skipped' : 'held';
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

async function torture(given: Arguments): Promise<number> {
  const outcomes: Outcome[] = [];
  await Workplace.during(async (place) => {
    for (const suite of given.suites) outcomes.push(await runSuite(suite, given, place));
  });
  const of = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length;
  console.log(`\n${of('held')} held, ${of('failed')} failed, ${of('skipped')} skipped in whole or in part`);
  return of('failed') > 0 ? 1 : 0;
}

await runWith(readArguments, torture);
