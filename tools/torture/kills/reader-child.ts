/**
 * Counts and scans whenever it is told what was acknowledged by then, and says what it found. All that it has read before
 * must be there again.
 */
import { openAgentLog } from '../../../src/index.js';
import { checkCalls, checkEntries } from '../processes/found.js';
import { readAll } from '../processes/judge.js';
import { args, hear, say, troubles } from '../processes/program.js';

export interface ReaderArgs {
  readonly store: string;
}

/** Of each task, the places of its acknowledged entries: all below `all`, and `others`. */
export interface ToBeFound {
  readonly tasks: readonly (readonly [task: string, all: number, others: readonly number[]])[];
  readonly count: number;
}

export interface Reading {
  readonly entries: number;
}

const { store } = args<ReaderArgs>();
const log = await openAgentLog(store, { readOnly: true, on: troubles });
let seen = new Set<string>();
let counted = 0;

async function read({ tasks, count }: ToBeFound): Promise<Reading> {
  const least = Math.max(count, counted, seen.size);
  counted = await log.count();
  if (counted < least) throw new Error(`count() is ${counted}, and there were ${least}`);
  const found = checkEntries(await readAll(log));
  checkCalls(found);
  const there = new Set(found.map(({ call, n }) => `${call.task}/${n}`));
  if (there.size < counted) throw new Error(`${there.size} are found, and count() was ${counted} before`);
  const mustBeThere = (name: string, why: string) => {
    if (!there.has(name)) throw new Error(`${name} was ${why}, and is not found`);
  };
  for (const [task, all, others] of tasks) {
    for (let n = 0; n < all; n++) mustBeThere(`${task}/${n}`, 'acknowledged');
    for (const n of others) mustBeThere(`${task}/${n}`, 'acknowledged');
  }
  for (const name of seen) mustBeThere(name, 'read before');
  seen = there;
  return { entries: there.size };
}

say('open');
for (;;) {
  const toBeFound = await hear<ToBeFound>();
  say(await read(toBeFound).catch((error: Error) => ({ trouble: error.message })));
}
