/** The power goes at any moment of a store's whole life, and again while it recovers; SQLite and all calls are real. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resultOf } from '../../bench/child.js';
import type { Run, Suite } from '../suite.js';
import type { Judgement, Judging } from './judge-child.js';
import { missingForRecorder, Recorder } from './recorder.js';
import { type Beginning, beginningAfter, EMPTY, markIn, record, takeFrom } from './take.js';

/** In memory, where thousands of states come and go. */
const MEMORY = '/dev/shm';
/** Recordings of failures, so that a case can be repeated exactly: what was recorded depends on more than the seed. */
const KEPT = fileURLToPath(new URL('../../../../.cache/power-cuts', import.meta.url));
const JUDGE = new URL('./judge-child.js', import.meta.url);
/** More than processors: now and then each waits for its disk. */
const JUDGES = 3;
const NUMBERS = 100_000;

const SIZES = {
  short: { recordings: 2, lives: 1, states: 160 },
  long: { recordings: 25, lives: 2, states: 2010 },
} as const;
/** So many recordings go on from what a power cut has left of the one before, then one begins with nothing again. */
const CHAIN = 4;

export const powerCuts: Suite = {
  name: 'power-cuts',
  about:
    'the power goes at any moment of a recorded life with SQLite on a real file system, and again in the recovery',
  missing() {
    return missingForRecorder() ?? (existsSync(MEMORY) ? undefined : `there is no ${MEMORY}`);
  },
  async run(run) {
    const place = mkdtempSync(join(MEMORY, 'agentlog-power-cuts-'));
    const remove = () => rmSync(place, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    process.once('exit', remove);
    try {
      if (run.only === undefined) await recordAndJudge(run, place);
      else await repeat(run, run.only, place);
    } finally {
      process.off('exit', remove);
      remove();
    }
  },
};

async function recordAndJudge(run: Run, place: string): Promise<void> {
  const { recordings, lives, states } = SIZES[run.form];
  const recorder = Recorder.build(place);
  const end = run.minutes === undefined ? undefined : performance.now() + run.minutes * 60_000;
  const isDone = (n: number) => (end === undefined ? n >= recordings : n > 0 && performance.now() >= end);
  let beginning: Beginning = EMPTY;
  for (let n = 0; !isDone(n); n++) {
    const directory = join(place, String(n));
    const random = run.random(`recording ${n}`);
    if (n % CHAIN === 0) beginning = EMPTY;
    await record(recorder, directory, beginning, lives, n * NUMBERS, random);
    countEvents(run, directory);
    const failed = await judge(run, directory, n, states);
    if (failed) keep(run, directory, n);
    // What goes on from a failure fails again.
    beginning = failed ? EMPTY : beginningAfter(directory, random);
    rmSync(directory, { recursive: true });
  }
}

/** Answers whether anything failed. */
async function judge(
  run: Run,
  directory: string,
  recording: number,
  states: number,
  only?: number,
): Promise<boolean> {
  const seed = run.random(`states of ${recording}`).next();
  const judgements = await Promise.all(
    Array.from({ length: JUDGES }, (_, part) => {
      const place = `${directory}-${part}`;
      const judging: Judging = { directory, place, seed, states, part, parts: JUDGES, only };
      return resultOf<Judgement>(JUDGE, [JSON.stringify(judging)]);
    }),
  );
  const failures = judgements.flatMap((judgement) => judgement.failures);
  for (const { states: judged, compared, lost, doubled, invented } of judgements) {
    run.count('states', judged);
    run.count('entries compared', compared);
    run.count('lost', lost);
    run.count('doubled', doubled);
    run.count('invented', invented);
  }
  for (const [state, problem] of failures) run.fail(`${recording}.${state}`, problem);
  return failures.length > 0;
}

function countEvents(run: Run, directory: string): void {
  run.count('recordings');
  for (const event of takeFrom(directory).events) {
    if (event.kind === 'write') run.count('writes recorded');
    else if (event.kind === 'sync') run.count('syncs recorded');
    else if (event.kind !== 'mark') run.count('changes of directories and sizes recorded');
    const mark = markIn(event);
    if (mark?.kind === 'acknowledged') run.count('acknowledged', mark.numbers.length);
    if (mark?.kind === 'deleted') run.count('deletes and prunes');
    if (mark?.kind === 'backed up') run.count('backups');
  }
}

function keptOf(run: Run, recording: string): string {
  return join(KEPT, `${run.form}-${run.seed}-${recording}`);
}

function keep(run: Run, directory: string, recording: number): void {
  const kept = keptOf(run, String(recording));
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  for (const file of ['events', 'before']) cpSync(join(directory, file), join(kept, file));
}

async function repeat(run: Run, only: string, place: string): Promise<void> {
  const [recording, state] = only.split('.');
  const kept = keptOf(run, recording!);
  if (!existsSync(kept)) throw new Error(`the recording of the failure is not in ${kept}`);
  const directory = join(place, recording!);
  cpSync(kept, directory, { recursive: true });
  await judge(run, directory, Number(recording), SIZES[run.form].states, Number(state));
}
