/**
 * Bytes of a store change, or files of it go: whatever it was, no entry comes back that was not given, what is lost is
 * told, and nothing crashes or hangs.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../../bench/child.js';
import type { Run, Suite } from '../suite.js';
import type { Outcome, Template } from './case.js';
import { type Ledger, STORE_KINDS } from './store-kinds.js';

const SHORT_CASES = 10;
const LONG_MINUTES = 1.5;
const PROCESSES = 3;
/** A case takes a part of a second; what takes so much longer, on however busy a machine, has no end. */
const HANGS_AFTER_MS = 120_000;

export const rot: Suite = {
  name: 'rot',
  about: 'flipped bits, zeroed and swapped blocks, truncated and removed files, in every file of a store',
  async run(run) {
    const templates: Template[] = [];
    for (const [i, kind] of STORE_KINDS.entries()) {
      const directory = join(run.directory, `store-${i}`);
      templates.push({ kind, directory, ledger: await makeStore(directory, kind, run.seed) });
    }
    const file = join(run.directory, 'templates.json');
    writeFileSync(file, JSON.stringify([run.directory, run.seed, templates]));
    const cases = numbersOf(run);
    await Promise.all(Array.from({ length: PROCESSES }, () => runCases(run, file, cases)));
  },
};

/** Of the cases to run. */
function* numbersOf({ form, minutes, only }: Run): Generator<number> {
  if (only !== undefined) {
    yield Number(only);
    return;
  }
  const until = performance.now() + (minutes ?? LONG_MINUTES) * 60_000;
  const byClock = form === 'long' || minutes !== undefined;
  for (let number = 0; byClock ? performance.now() < until : number < SHORT_CASES; number++) yield number;
}

async function makeStore(directory: string, kind: string, seed: number): Promise<Ledger> {
  const child = new Child(new URL('./store-child.js', import.meta.url), [directory, kind, String(seed)]);
  const ledger = await child.hear<Ledger>();
  await child.kill();
  return ledger;
}

async function runCases(run: Run, file: string, cases: Generator<number>): Promise<void> {
  const start = () => new Child(new URL('./case-child.js', import.meta.url), [file]);
  let child = start();
  for (const number of cases) {
    child.say(number);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`it is not over after ${HANGS_AFTER_MS} ms`)),
        HANGS_AFTER_MS,
      );
    });
    try {
      const { about, problems, counts } = await Promise.race([child.hear<Outcome>(), late]);
      if (problems.length > 0) run.fail(String(number), `${about}\n${problems.slice(0, 10).join('\n')}`);
      for (const [figure, by] of Object.entries(counts)) run.count(figure, by);
    } catch (error) {
      run.fail(String(number), error);
      await child.kill();
      child = start();
    } finally {
      clearTimeout(timer);
    }
  }
  await child.kill();
}
