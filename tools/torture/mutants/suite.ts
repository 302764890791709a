/** Defects that are planted in the source one after the other, each of which a test or a fault suite must notice. */
import { join } from 'node:path';
import type { Run, Suite } from '../suite.js';
import { type Check, nameOf, type Outcome } from './check.js';
import { compile, type Mutant, plant } from './mutant.js';
import { MUTANTS } from './mutants.js';
import { sourceOf, WorkingCopy } from './working-copy.js';

/** Some of the time of a check is waiting. */
const AT_ONCE = 3;
/** Cheap ones, which one and the same test finds. */
const SHORT = ['header-crc-ignored', 'payload-crc-ignored'];

export const mutants: Suite = {
  name: 'mutants',
  about: 'deliberate defects in the source, each of which a named test or fault suite must find',
  async run(run) {
    for (const mutant of MUTANTS) {
      try {
        await compile(plant(mutant, sourceOf(mutant)));
        run.count('defects that can be planted');
      } catch (error) {
        run.fail(mutant.name, error);
      }
    }
    const chosen = chosenBy(run);
    if (chosen.length === 0) run.fail(run.only!, 'there is no such defect');
    const checks = new Map(chosen.map(({ caughtBy }) => [nameOf(caughtBy), caughtBy]));
    const copies = Array.from({ length: AT_ONCE }, (_, i) => new WorkingCopy(join(run.directory, String(i))));
    const holding = new Set<string>();
    await share([...checks], copies, async ([name, check], copy) => {
      if (await holds(run, name, check, copy)) holding.add(name);
    });
    const caught = new Map<Mutant, string>();
    await share(chosen, copies, async (mutant, copy) => {
      if (!holding.has(nameOf(mutant.caughtBy))) return;
      const outcome = await copy.checkWith(mutant);
      if (outcome.kind === 'failed') caught.set(mutant, outcome.took);
      else run.fail(mutant.name, problemOf(mutant, outcome));
    });
    for (const [{ what, caughtBy }, took] of caught) run.figure(what, `${nameOf(caughtBy)}: ${took}`);
    run.figure('defects found', `${caught.size} of ${chosen.length}`);
  },
};

function chosenBy({ form, only }: Run): readonly Mutant[] {
  // A check that fails without any defect is named, too.
  if (only !== undefined)
    return MUTANTS.filter(({ name, caughtBy }) => name === only || nameOf(caughtBy) === only);
  return form === 'long' ? MUTANTS : MUTANTS.filter(({ name }) => SHORT.includes(name));
}

/** Without a defect it must hold: what fails anyway finds nothing. */
async function holds(run: Run, name: string, check: Check, copy: WorkingCopy): Promise<boolean> {
  const { kind, said } = await copy.check(check);
  if (kind === 'skipped') run.skip(name, said);
  else if (kind !== 'held') run.fail(name, `does not hold without any defect:\n${said}`);
  return kind === 'held';
}

function problemOf({ what, caughtBy }: Mutant, { kind, took, said }: Outcome): string {
  if (kind === 'held') return `${what}: ${nameOf(caughtBy)} did not notice (${took})`;
  return `${what}: ${nameOf(caughtBy)} could not be run:\n${said}`;
}

/** Each copy takes the next one when it has done with the last. */
async function share<Item>(
  items: readonly Item[],
  copies: readonly WorkingCopy[],
  work: (item: Item, copy: WorkingCopy) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const takeAll = async (copy: WorkingCopy) => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item, copy);
  };
  await Promise.all(copies.map(takeAll));
}
