/**
 * Opens a store, appends in every way, fills segments, deletes, compacts and closes, while one of its system calls fails or
 * ends it. Says 'gate' where a tracer may begin, and waits there to be told to go on.
 */
import { openAgentLog } from '../../../src/index.js';
import { spoilFirstPage } from '../garbage.js';
import { type Call, entriesOf } from '../processes/entries.js';
import { args, hear, say, tellCall } from '../processes/program.js';
import type { Phase } from './faults.js';

export interface ScenarioArgs {
  readonly store: string;
  /** A store that is opened and closed before anything counts, so that all modules are loaded. */
  readonly other: string;
  /** Where the store is copied to. */
  readonly copy: string;
  /** In which phase the fault is; what does not lead to it is left out. */
  readonly traced: Phase;
}

const { store, other, copy, traced } = args<ScenarioArgs>();
const open = (path: string) =>
  openAgentLog(path, {
    segmentBytes: 65_536,
    on: {
      damage: (damage) => say({ damage }),
      heal: (heal) => {
        if (traced !== 'healing') say({ heal });
      },
      warning: () => undefined,
    },
  });

const given = new Map<string, number>();

function take(name: string, count = 1): Call {
  const task = `handle/${name}`;
  const first = given.get(task) ?? 0;
  given.set(task, first + count);
  return { task, first, count };
}

const failures: string[] = [];

/** May fail, but only as the docs say. */
async function attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('AGENTLOG_')) throw error;
    failures.push(message);
    return undefined;
  }
}

async function gate(): Promise<void> {
  say('gate');
  await hear();
}

await (await openAgentLog(other, { compact: false })).close();
/** The main thread and the one of the pool may both meet the fault. */
const openInTheEnd = async () =>
  (await attempt(() => open(store))) ?? (await attempt(() => open(store))) ?? (await open(store));

await gate();
let log = await openInTheEnd();

const one = (name: string) => {
  const call = take(name);
  return tellCall(say, call, async () => [await log.append(entriesOf(call)[0]!)]);
};
const batch = (name: string, count: number) => {
  const call = take(name, count);
  return tellCall(say, call, () => log.appendBatch(entriesOf(call)));
};
const sync = (name: string) => {
  const call = take(name);
  return tellCall(say, call, () => [log.appendSync(entriesOf(call)[0]!)]);
};
const deleteTask = async (name: string) => {
  const task = `handle/${name}`;
  say({ deleting: task });
  await attempt(async () => {
    await log.deleteTask(task);
    say({ deleted: task });
  });
};

await one('few');
await Promise.all([one('several'), one('doomed first'), batch('group', 3), one('several')]);
await sync('sync');
await batch('doomed large', 10);
// A sync one meets a batch that is on its way.
await Promise.all([one('several'), one('doomed second'), sync('sync')]);
await deleteTask('doomed first');
// What is never a row needs fewer writes.
await deleteTask('doomed large');
await batch('group', 4);

await gate();
if (traced !== 'logging') await attempt(() => log.compact());
if (traced === 'compacting') {
  await one('few');
  await deleteTask('doomed second');
  await one('doomed third');
  await attempt(() => log.compact());
  await sync('sync');
}

if (traced === 'healing') {
  await one('few');
  await log.close();
  spoilFirstPage(store);
}

await gate();
if (traced === 'healing') {
  log = await openInTheEnd();
  await attempt(() => log.compact());
  await one('few');
  await attempt(() => log.compact());
}

await gate();
// Whatever failed before, the same handle goes on, unless the fault begins here.
const isAppended = await one('last');
const isCompacted = (await attempt(() => log.compact())) !== undefined;
say({ goesOn: isAppended && isCompacted, failures });
await batch('group', 2);
await deleteTask('doomed third');
if (traced === 'closing' && (await attempt(() => log.backup(copy))) !== undefined) say('copied');
await attempt(() => log.close());
say('closed');
process.exit();
