/** Uses one handle of a damaged store in every way, and notes what it gives, what it tells, and how it fails. */
import { isDeepStrictEqual } from 'node:util';
import {
  type AgentLog,
  AgentLogError,
  type AgentLogListeners,
  type HealEvent,
  openAgentLog,
  type StoredEntry,
} from '../../../src/index.js';
import type { AgentLogOptions } from '../../../src/options.js';
import type { Random } from '../random.js';
import type { Ledger } from './store-kinds.js';

/** What happened in a case so far. */
export class Observations {
  /** What must never happen. */
  readonly problems: string[] = [];
  /** What the store told by events: damage and warnings. */
  readonly told: string[] = [];
  readonly heals: HealEvent[] = [];
  /** Codes with which calls were rejected, by what was called. */
  readonly failures = new Map<string, string>();
  /** Between two ways to read the same. */
  readonly disagreements: string[] = [];
  /** Ids given since the damage. */
  readonly since = new Set<string>();
  /** All that was ever given. */
  readonly ledger: Map<string, StoredEntry>;

  constructor(ledger: Ledger) {
    this.ledger = new Map(ledger.map((entry) => [entry.id, entry]));
  }

  problem(what: string): void {
    this.problems.push(what);
  }

  /** The answer, or undefined after a failure that is one of the store's own. */
  async attempt<Answer>(what: string, call: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof AgentLogError) this.failures.set(what, `${error.code}: ${error.message}`);
      else this.problem(`${what} failed with ${(error as Error)?.stack ?? error}`);
      return undefined;
    }
  }

  /** Each is what was given under its id, and none comes twice. */
  judge(what: string, entries: readonly StoredEntry[], order: 'asc' | 'desc' = 'asc'): void {
    let last: string | undefined;
    for (const entry of entries) {
      const expected = this.ledger.get(entry.id);
      if (expected === undefined) this.problem(`${what} gave what was never given: ${JSON.stringify(entry)}`);
      else if (!isDeepStrictEqual(entry, expected))
        this.problem(`${what} gave ${shown(entry)} instead of ${shown(expected)}`);
      const isInOrder = last === undefined || (order === 'asc' ? last < entry.id : last > entry.id);
      if (!isInOrder) this.problem(`${what} gave ${entry.id} behind ${last}`);
      last = entry.id;
    }
  }
}

function shown(entry: StoredEntry): string {
  return JSON.stringify(entry).slice(0, 300);
}

export async function openDamaged(
  store: string,
  seen: Observations,
  options: AgentLogOptions,
): Promise<AgentLog | undefined> {
  const on: AgentLogListeners = {
    damage: ({ segment, reason }) => seen.told.push(`${segment}: ${reason}`),
    warning: ({ code, message }) => seen.told.push(`${code}: ${message}`),
    heal: (event) => seen.heals.push(event),
  };
  return seen.attempt('openAgentLog', () => openAgentLog(store, { ...options, on }));
}

/** Everything that a scan gives, held against what the other reads say of the same moment; undefined if it failed. */
export async function readEverything(
  log: AgentLog,
  seen: Observations,
  random: Random,
): Promise<StoredEntry[] | undefined> {
  const scanned = await seen.attempt('scan', async () => {
    const entries: StoredEntry[] = [];
    for await (const entry of log.scan()) entries.push(entry);
    return entries;
  });
  if (scanned !== undefined) seen.judge('scan', scanned);
  await readInOtherWays(log, seen, random, scanned);
  return scanned;
}

async function readInOtherWays(
  log: AgentLog,
  seen: Observations,
  random: Random,
  scanned: readonly StoredEntry[] | undefined,
): Promise<void> {
  const disagree = (what: string, many: number, of: number) =>
    seen.disagreements.push(`${what} has ${many} entries, and the scan ${of}`);
  const newestFirst = await seen.attempt('entries', () => log.entries({ order: 'desc', limit: 1_000_000 }));
  if (newestFirst !== undefined) {
    seen.judge('entries', newestFirst, 'desc');
    if (scanned !== undefined && newestFirst.length !== scanned.length)
      disagree('entries', newestFirst.length, scanned.length);
  }
  const taskId = `task-${random.below(6)}`;
  const ofTask = await seen.attempt('entries of a task', () => log.entries({ taskId, last: 20 }));
  if (ofTask !== undefined) {
    seen.judge('entries of a task', ofTask);
    const expected = scanned?.filter((entry) => entry.taskId === taskId).slice(-20);
    if (expected !== undefined && !isDeepStrictEqual(ofTask, expected))
      disagree(`entries of ${taskId}`, ofTask.length, expected.length);
  }
  const count = await seen.attempt('count', () => log.count());
  if (count !== undefined && scanned !== undefined && count !== scanned.length)
    disagree('count', count, scanned.length);
  const tasks = await seen.attempt('tasks', () => log.tasks());
  const sum = tasks?.reduce((total, { entries }) => total + entries, 0);
  if (sum !== undefined && scanned !== undefined && sum !== scanned.length)
    disagree('tasks', sum, scanned.length);
  const { id } = random.pick([...seen.ledger.values()]);
  const one = await seen.attempt('get', () => log.get(id));
  if (one !== undefined) seen.judge('get', [one]);
  if (scanned !== undefined && (one !== undefined) !== scanned.some((entry) => entry.id === id))
    disagree(`get(${id})`, one === undefined ? 0 : 1, scanned.length);
}

/** What is slow, as it needs processes. */
export async function queryRows(log: AgentLog, seen: Observations): Promise<void> {
  await seen.attempt('sql', () => log.sql('SELECT count(*) FROM agentLogEntries'));
  const found = await seen.attempt('search', () => log.search('words', { limit: 1000 }));
  if (found === undefined) return;
  const entries = found.map(({ snippet: _, matches: __, rank: ___, ...entry }) => entry as StoredEntry);
  seen.judge('search', entries, 'desc');
}

/** Ids that nobody was ever given. */
export async function appendSome(log: AgentLog, seen: Observations): Promise<void> {
  const entries = ['one', 'two', 'three'].map((text) => ({
    taskId: 'task-0',
    type: 'text',
    text,
    timestamp: 1,
  }));
  const ids = await seen.attempt('append', async () => [
    ...(await log.appendBatch(entries.slice(0, 2))),
    log.appendSync(entries[2]!),
  ]);
  for (const [i, id] of (ids ?? []).entries()) {
    if (seen.ledger.has(id)) seen.problem(`the id ${id} was given twice`);
    seen.ledger.set(id, { id, ...entries[i]! });
    seen.since.add(id);
  }
}
