/** One side of one scenario, from an empty directory to the comparison. */
import { whileCounting } from '../bench/compact/disk-figures.js';
import type { Process } from '../torture/processes/process.js';
import type { Random } from '../torture/random.js';
import { judgeLog } from './agentlog.js';
import { Crew, type End } from './crew.js';
import { judgeFile, prepare } from './old-way.js';
import type { Outcome, Run, Scenario, Side } from './scenario.js';

export async function play(
  scenario: Scenario,
  side: Side,
  { directory, random, quick }: Run,
): Promise<Outcome> {
  const form = quick ? 'quick' : 'full';
  const entriesEach = scenario.each[form];
  const seed = random.next();
  const ends = endsOf(scenario, entriesEach, scenario.ends[form], random);
  if (side === 'old') prepare(directory, scenario.oldWay);
  const crew = new Crew(scenario, { side, directory, entriesEach, ends, seed });
  const companions = scenario.companions?.(side, directory) ?? [];
  let readings = 0;
  for (const one of companions)
    one.onSaid = (said) => {
      if ('read' in (said as object)) readings++;
      else if ('livedWith' in (said as object)) crew.countError((said as { livedWith: string }).livedWith);
    };
  const [, writtenBytes] = await whileCounting(directory, async () => {
    try {
      await crew.work();
    } finally {
      await endAll(companions, crew.troubles);
    }
  });
  const { found, problems } =
    side === 'agentlog' ? await judgeLog(directory) : judgeFile(directory, scenario.oldWay);
  const { acknowledged } = crew.ledger;
  const { refusedThere, ...differences } = crew.ledger.compare(found);
  // A run in which nothing happened shows nothing.
  if (acknowledged === 0) problems.push('nothing was acknowledged');
  return {
    ...differences,
    acknowledged,
    errors: crew.errors,
    problems: [...crew.troubles, ...problems],
    milliseconds: crew.milliseconds,
    writtenBytes,
    stallMs: crew.stallMs,
    remarks: [
      ...(crew.killed > 0 ? [`${crew.killed} killed`] : []),
      ...(crew.leftInTime > 0 ? [`${crew.leftInTime} left in time`] : []),
      ...(readings > 0 ? [`${readings} readings of everything beside`] : []),
      ...[...crew.errors].map(([code, times]) => `${times} x ${code}`),
      ...(refusedThere > 0 ? [`${refusedThere} refused, and there all the same`] : []),
    ],
  };
}

/** Not at the very beginning or end, where there is nothing to lose. */
function endsOf({ processes }: Scenario, entriesEach: number, count: number, random: Random): End[] {
  const all = entriesEach * processes;
  const one = () => ({
    answers: random.between(Math.ceil(all * 0.02), Math.floor(all * 0.98)),
    place: random.below(processes),
  });
  return Array.from({ length: count }, one).sort((a, b) => a.answers - b.answers);
}

async function endAll(companions: readonly Process[], troubles: string[]): Promise<void> {
  for (const one of companions) {
    const { signal, stderr } = await one.kill();
    if (signal !== 'SIGKILL') troubles.push(`a process beside the writers ended: ${stderr.slice(0, 200)}`);
  }
}
