/**
 * Appends in every way as fast as it can, and says what was acknowledged, after it was. It waits to be told how many calls
 * to make, says 'done' after them and waits again; 0 means to close the store.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { openAgentLog } from '../../../src/index.js';
import { type Call, entriesOf } from '../processes/entries.js';
import { args, hear, say, tellCall, troubles } from '../processes/program.js';
import { Random } from '../random.js';

export interface WriterArgs {
  readonly store: string;
  readonly name: string;
  readonly seed: number;
  readonly role: 'never leads' | 'may lead' | 'compacts';
}

const CALLERS = 12;

const { store, name, seed, role } = args<WriterArgs>();
const random = new Random(seed);
const log = await openAgentLog(store, {
  segmentBytes: 65_536,
  compact: role !== 'never leads',
  on: { ...troubles, compact: ({ entries }) => say({ compacted: entries }) },
});
let given = 0;
let callsLeft = 0;

function take(count: number): Call {
  const first = given;
  given += count;
  return { task: `${name}/log`, first, count };
}

async function one(): Promise<void> {
  const call = take(1);
  await tellCall(say, call, async () => [await log.append(entriesOf(call)[0]!)]);
}

async function batch(): Promise<void> {
  const call = take(random.between(1, 12));
  await tellCall(say, call, () => log.appendBatch(entriesOf(call)));
}

async function sync(): Promise<void> {
  const call = take(1);
  await tellCall(say, call, () => [log.appendSync(entriesOf(call)[0]!)]);
  // The others have their turn.
  await delay(random.below(4));
}

async function writeAndFlush(): Promise<void> {
  const call = take(1);
  await tellCall(say, call, async () => {
    log.write(entriesOf(call)[0]!);
    if (random.chance(0.25)) log.flushSync();
    else await log.flush();
    return undefined;
  });
}

async function compact(): Promise<void> {
  await log.compact();
}

async function calling(call: () => Promise<void>): Promise<void> {
  while (callsLeft-- > 0) await call();
}

const calls = [...Array.from({ length: CALLERS }, () => one), batch, batch, sync, writeAndFlush];
if (role === 'compacts') calls.push(compact);
say('open');
for (let portion = await hear<number>(); portion > 0; portion = await hear<number>()) {
  callsLeft = portion;
  await Promise.all(calls.map(calling));
  say('done');
}
await log.close();
process.exit();
