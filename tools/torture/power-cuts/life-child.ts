/**
 * The program of a life: a process that opens the store, does all that can be done with one, and closes it, or is killed
 * in the middle of its work. Before and after each call it sets a mark.
 */
import { dirname, join } from 'node:path';
import { type AgentLog, openAgentLog } from '../../../src/index.js';
import { leave, say } from '../../bench/parent.js';
import { Random } from '../random.js';
import { entryOf, numberIn, TASKS, timeOf } from './entries.js';
import type { Life } from './life.js';
import { ASKED_FOR, Marks, type Which } from './marks.js';

const life = JSON.parse(process.argv[2]!) as Life;
const { mount, store, role, ending } = life;
const random = new Random(life.seed);
const marks = new Marks(mount);
const handle = `${life.firstNumber}`;
let next = life.firstNumber;
let acknowledged = 0;
let killAt = Number.POSITIVE_INFINITY;

function give(count: number): number[] {
  const numbers = Array.from({ length: count }, () => next++);
  marks.set({ kind: 'give', handle, numbers });
  return numbers;
}

function heard(numbers: readonly number[], ids: readonly (string | null)[]): void {
  marks.set({ kind: 'acknowledged', numbers, ids });
  acknowledged += numbers.length;
  if (acknowledged >= killAt) process.kill(process.pid, 'SIGKILL');
}

async function append(log: AgentLog): Promise<void> {
  const [number] = give(1);
  heard([number!], [await log.append(entryOf(number!))]);
}

async function appendBatch(log: AgentLog): Promise<void> {
  const numbers = give(random.between(2, 8));
  heard(numbers, await log.appendBatch(numbers.map(entryOf)));
}

function appendSync(log: AgentLog): void {
  const [number] = give(1);
  heard([number!], [log.appendSync(entryOf(number!))]);
}

async function write(log: AgentLog): Promise<void> {
  const numbers = Array.from({ length: random.between(1, 5) }, () => give(1)[0]!);
  for (const number of numbers) log.write(entryOf(number));
  await log.flush();
  heard(
    numbers,
    numbers.map(() => null),
  );
}

/** Several callers at once, each of which waits for its own. */
async function callers(log: AgentLog): Promise<void> {
  await Promise.all(
    Array.from({ length: random.between(1, 6) }, async () => {
      for (let n = random.between(1, 2); n > 0; n--) {
        if (random.chance(0.2)) await appendBatch(log);
        else await append(log);
      }
    }),
  );
}

async function remove(log: AgentLog, which: Which): Promise<void> {
  const request = next++;
  marks.set({ kind: 'delete', request, handle, which });
  if ('taskId' in which) await log.deleteTask(which.taskId);
  else await log.prune(which);
  marks.set({ kind: 'deleted', request });
}

function anyTask(): Which {
  return { taskId: `task-${random.below(TASKS)}` };
}

function anyPrune(): Which {
  // What others are writing could be among the newest or not.
  if (life.isAlone && random.chance(0.5)) return { keepPerTask: random.between(5, 20) };
  return { before: timeOf(random.pick([life.firstNumber, life.previousNumber]) + random.below(40)) };
}

async function backUp(log: AgentLog): Promise<void> {
  const to = join(dirname(store), `backup-${next++}`);
  marks.set({ kind: 'back up', to: to.slice(mount.length + 1) });
  await Promise.all([log.backup(to), callers(log)]);
  marks.set({ kind: 'backed up', to: to.slice(mount.length + 1) });
}

async function readAll(log: AgentLog): Promise<void> {
  const found: [number, string][] = [];
  for await (const { text, id } of log.scan()) found.push([numberIn(text)!, id]);
  marks.set({ kind: 'read', found });
}

async function compactBesideCallers(log: AgentLog): Promise<void> {
  await Promise.all([log.compact(), callers(log)]);
}

const ACTIONS = {
  callers,
  write,
  appendBatch,
  sync: async (log: AgentLog) => appendSync(log),
  compact: async (log: AgentLog) => void (await log.compact()),
  compactBesideCallers,
  delete: async (log: AgentLog) => remove(log, anyTask()),
  prune: async (log: AgentLog) => remove(log, anyPrune()),
  backUp,
  rebuild: async (log: AgentLog) => void (await Promise.all([log.rebuild(), callers(log)])),
} satisfies Record<string, (log: AgentLog) => Promise<void>>;

type Action = keyof typeof ACTIONS;

const WRITING: readonly Action[] = ['callers', 'callers', 'callers', 'write', 'appendBatch', 'sync'];
const LEADING: readonly Action[] = [
  'compact',
  'compactBesideCallers',
  'compactBesideCallers',
  'delete',
  'prune',
  'rebuild',
];

function plan(): Action[] {
  const leading = role === 'leader' ? [...LEADING, ...(life.isBackedUp ? (['backUp'] as const) : [])] : [];
  const actions: Action[] = [];
  for (const action of shuffled(leading.length === 0 ? WRITING : leading))
    actions.push(random.pick(WRITING), random.pick(WRITING), action);
  return actions;
}

function shuffled<T>(things: readonly T[]): T[] {
  const left = [...things];
  return Array.from({ length: left.length }, () => left.splice(random.below(left.length), 1)[0]!);
}

/** All at once, until it is killed in the middle. */
async function workUntilKilled(log: AgentLog): Promise<never> {
  killAt = acknowledged + random.between(1, 60);
  const endless = async (work: () => Promise<void>) => {
    for (;;) await work();
  };
  const leading = role === 'leader' ? [endless(async () => void (await log.compact()))] : [];
  if (role === 'leader' && random.chance(0.3))
    leading.push(remove(log, anyTask()).then(() => new Promise(() => {})));
  await Promise.all([...leading, ...Array.from({ length: 4 }, () => endless(() => callers(log)))]);
  throw new Error('it was not killed');
}

function giveUp(why: string): never {
  console.error(why);
  process.exit(1);
}

if (life.archiveBytes !== undefined) marks.set({ kind: 'evict' });
const log = await openAgentLog(store, {
  allowUnsafeFilesystem: true,
  segmentBytes: 64 * 1024,
  compact: role === 'leader',
  archiveBytes: life.archiveBytes,
  fullText: life.fullText,
  on: {
    damage: ({ segment, reason }) => giveUp(`called damaged: ${segment}: ${reason}`),
    heal: ({ reason }) => {
      if (reason !== ASKED_FOR) giveUp(`had to be made anew: ${reason}`);
    },
    // Whoever copies the database holds up its log.
    warning: ({ code, message }) => {
      if (code !== 'AGENTLOG_READER_PINNED' && code !== 'AGENTLOG_WAL_KEPT') giveUp(`${code}: ${message}`);
    },
  },
});
if (life.readsFirst) await readAll(log);
say('opened');
for (const action of plan()) await ACTIONS[action](log);
if (ending === 'kill') await workUntilKilled(log);
await log.close();
marks.close();
leave();
