/**
 * The program that judges a recording, or a part of it: lets the power go at many of its moments, opens what is left, and
 * holds it against what the marks say.
 */
import { rmSync } from 'node:fs';
import { leave, say } from '../../bench/parent.js';
import { Random } from '../random.js';
import { examine, type Findings } from './examination.js';
import { momentsOf } from './moments.js';
import { bringInto } from './remains.js';
import { markIn, takeFrom } from './take.js';

/** What the program is told. */
export interface Judging {
  /** Of the recording. */
  readonly directory: string;
  /** Where states are brought to. */
  readonly place: string;
  readonly seed: number;
  readonly states: number;
  /** Of all states, those whose numbers leave `part` when divided by `parts`. */
  readonly part: number;
  readonly parts: number;
  /** Of these, only this one. */
  readonly only: number | undefined;
}

export interface Judgement extends Findings {
  readonly states: number;
  readonly failures: readonly (readonly [state: number, problem: string])[];
}

async function judge(given: Judging): Promise<Judgement> {
  const { disk, ledger, events } = takeFrom(given.directory);
  const moments = momentsOf(events, given.states, new Random(given.seed));
  const isWanted = (state: number) =>
    state % given.parts === given.part && (given.only === undefined || state === given.only);
  const failures: [number, string][] = [];
  const findings: Findings = { compared: 0, lost: 0, doubled: 0, invented: 0 };
  let states = 0;
  let state = 0;
  for (const [moment, event] of events.entries()) {
    disk.happens(event);
    const mark = markIn(event);
    if (mark !== undefined) ledger.learn(mark);
    for (; moments[state] === moment; state++) {
      if (!isWanted(state)) continue;
      states++;
      const random = new Random(given.seed + Math.imul(state + 1, 0x9e3779b1));
      bringInto(given.place, disk.afterPowerCut(random));
      const problem = await examine(given.place, ledger, random, findings);
      if (problem !== undefined)
        failures.push([
          state,
          `${problem}\nwhen the power goes after ${moment + 1} of ${events.length} events`,
        ]);
      rmSync(given.place, { recursive: true, force: true });
    }
  }
  return { ...findings, states, failures };
}

say(await judge(JSON.parse(process.argv[2]!) as Judging));
leave();
