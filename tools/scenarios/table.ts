/** What came of all scenarios, for people. */
import { number, print } from '../bench/report.js';
import { versions } from '../bench/versions.js';
import type { Outcome, Scenario } from './scenario.js';

export interface Played {
  readonly scenario: Scenario;
  readonly agentlog: Outcome;
  readonly old: Outcome;
}

const HEADINGS = ['', 'acknowledged', 'lost', 'extra', 'errors', 'checks', 'time', 'written', 'stall'];
const MIB = 1024 * 1024;

export function printTable(played: readonly Played[], seed: number): void {
  const rows = played.flatMap(({ scenario: { name, whose }, agentlog, old }) => [
    rowOf(`${name}: agentlog`, agentlog),
    rowOf(`${' '.repeat(name.length)}  ${whose}`, old),
  ]);
  console.log('');
  print([{ title: `seed ${seed}`, versions: versions([]), rows: [HEADINGS, ...rows] }], false);
}

function rowOf(name: string, outcome: Outcome): string[] {
  const { acknowledged, lost, doubled, invented, errors, problems } = outcome;
  const { milliseconds, writtenBytes, stallMs } = outcome;
  return [
    name,
    number(acknowledged),
    number(lost),
    number(doubled + invented),
    number([...errors.values()].reduce((sum, times) => sum + times, 0)),
    problems.length === 0 ? 'ok' : 'FAILED',
    `${number(milliseconds / 1000, 1)} s`,
    writtenBytes === undefined ? '-' : `${number(writtenBytes / MIB)} MiB`,
    `${number(stallMs)} ms`,
  ];
}
