/**
 * `npm run scenarios -- [NAME ...] [--seed N] [--quick]`: the situations in which stores of other systems broke, each against
 * agentlog and against the way of that system. Ends with 1 if agentlog lost, doubled or invented anything, or a check of it failed.
 */
import { parseArgs } from 'node:util';
import { named, runWith, wholeNumber } from '../arguments.js';
import { Workplace } from '../bench/workplace.js';
import { randomOfCase } from '../torture/random.js';
import { play } from './play.js';
import type { Outcome, Scenario, Side } from './scenario.js';
import { SCENARIOS } from './scenarios.js';
import { type Played, printTable } from './table.js';

const MOST_SHOWN = 3;

interface Arguments {
  readonly scenarios: readonly Scenario[];
  readonly seed: number;
  readonly quick: boolean;
}

function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' }, quick: { type: 'boolean', default: false } },
  });
  return {
    scenarios: named('scenario', SCENARIOS, positionals),
    seed: wholeNumber('--seed', values.seed),
    quick: values.quick,
  };
}

async function playBoth(scenario: Scenario, { seed, quick }: Arguments, place: Workplace): Promise<Played> {
  const number = SCENARIOS.indexOf(scenario);
  // Neither side always comes behind the other, whose writes the disk may still be at.
  const order: readonly Side[] = number % 2 === 0 ? ['agentlog', 'old'] : ['old', 'agentlog'];
  console.log(`\n${scenario.name}: ${scenario.about}`);
  const outcomes = new Map<Side, Outcome>();
  for (const side of order) {
    const outcome = await place.within((directory) =>
      play(scenario, side, { directory, random: randomOfCase(seed, number), quick }),
    );
    outcomes.set(side, outcome);
    tell(side === 'agentlog' ? side : scenario.whose, outcome);
  }
  return { scenario, agentlog: outcomes.get('agentlog')!, old: outcomes.get('old')! };
}

function tell(name: string, { lost, doubled, invented, remarks, problems }: Outcome): void {
  const wrong = [`${lost} lost`, `${doubled} doubled`, `${invented} invented`].filter(
    (what) => !what.startsWith('0 '),
  );
  console.log(`  ${name}: ${[...wrong, ...remarks].join(', ') || 'nothing to tell'}`);
  for (const problem of problems.slice(0, MOST_SHOWN)) console.log(`    ${problem}`);
  if (problems.length > MOST_SHOWN) console.log(`    and ${problems.length - MOST_SHOWN} more`);
}

async function playAll(given: Arguments): Promise<number> {
  const played: Played[] = [];
  await Workplace.during(async (place) => {
    for (const scenario of given.scenarios) played.push(await playBoth(scenario, given, place));
  });
  printTable(played, given.seed);
  const broken = played.filter(
    ({ agentlog: { lost, doubled, invented, problems } }) => lost + doubled + invented + problems.length > 0,
  );
  if (broken.length > 0)
    console.log(`\nagentlog FAILED in ${broken.map(({ scenario }) => scenario.name).join(', ')}`);
  return broken.length > 0 ? 1 : 0;
}

await runWith(readArguments, playAll);
