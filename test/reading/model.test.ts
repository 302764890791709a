/**
 * Every way to read against a plain array: whatever was appended, deleted, compacted, killed or cut off before, and
 * whichever handle is asked.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AgentLog } from '../../src/agent-log.js';
import type { Entry, JsonValue, StoredEntry } from '../../src/entry.js';
import type { EntryFilter } from '../../src/reading/api.js';
import { Scene } from '../compactor/scene.js';

const RUNS = 400;
const TASKS = ['a', 'b', 'c'];
const TYPES = ['text', 'tool', 'thinking'];
const AGENTS = ['executor', 'planner'];

// Without minus zero, which JSON.stringify does not write.
const json = fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

const entryOf = fc.record({
  taskId: fc.constantFrom(...TASKS),
  type: fc.constantFrom(...TYPES),
  text: fc.string({ unit: 'grapheme', maxLength: 60 }),
  agent: fc.option(fc.constantFrom(...AGENTS), { nil: undefined }),
  detail: fc.option(json, { nil: undefined }),
  timestamp: fc.integer({ min: 0, max: 50 }),
});

const who = fc.nat({ max: 2 });
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), who, entry: entryOf }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      who,
      entries: fc.array(entryOf, { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), who, task: fc.constantFrom(...TASKS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('prune' as const),
      who,
      before: fc.integer({ min: 0, max: 30 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('keep' as const), who, count: fc.nat({ max: 8 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('compact' as const),
      archive: fc.boolean(),
      round: fc.constantFrom(1, 3000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('power' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), who }) },
);
type Act = typeof act extends fc.Arbitrary<infer One> ? One : never;

const maybe = <One>(arbitrary: fc.Arbitrary<One>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const question = fc.record({
  who,
  taskId: maybe(fc.constantFrom(...TASKS, 'none')),
  type: maybe(fc.oneof(fc.constantFrom(...TYPES), fc.subarray(TYPES))),
  agent: maybe(fc.constantFrom(...AGENTS, 'none')),
  since: maybe(fc.integer({ min: 0, max: 50 })),
  until: maybe(fc.integer({ min: 0, max: 50 })),
  after: maybe(fc.nat()),
  before: maybe(fc.nat()),
  order: fc.constantFrom('asc' as const, 'desc' as const),
  count: fc.nat({ max: 12 }),
});
type Question = typeof question extends fc.Arbitrary<infer One> ? One : never;

class Store {
  readonly scene: Scene;
  readonly logs: AgentLog[] = [];
  model: StoredEntry[] = [];
  #names = 0;
  readonly #processes: string[] = [];

  constructor(seed: number) {
    this.scene = new Scene(seed);
  }

  async open(n: number): Promise<void> {
    this.#processes[n] = `process ${this.#names++}`;
    // Handles of three kinds: of many and few segments, and of those that keep places of none, some and all of them.
    const [segmentBytes, mostPlaces] = [[400], [1500, 0], [100_000, 5]][n]!;
    this.logs[n] = await this.scene.open(this.#processes[n]!, segmentBytes, { mostPlaces });
  }

  add(ids: readonly string[], entries: readonly Entry[]): void {
    for (const [i, { taskId, type, text, agent, detail, timestamp }] of entries.entries()) {
      const stored: StoredEntry = { id: ids[i]!, taskId, type, text, timestamp: timestamp! };
      if (agent !== undefined) stored.agent = agent;
      if (detail !== undefined) stored.detail = JSON.parse(JSON.stringify(detail));
      this.model.push(stored);
    }
    this.model.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async do(one: Act): Promise<void> {
    switch (one.kind) {
      case 'append':
        this.add([await this.logs[one.who]!.append(one.entry)], [one.entry]);
        break;
      case 'batch':
        this.add(await this.logs[one.who]!.appendBatch(one.entries), one.entries);
        break;
      case 'delete':
        await this.logs[one.who]!.deleteTask(one.task);
        this.model = this.model.filter(({ taskId }) => taskId !== one.task);
        break;
      case 'prune':
        await this.logs[one.who]!.prune({ before: one.before });
        this.model = this.model.filter(({ timestamp }) => timestamp >= one.before);
        break;
      case 'keep': {
        await this.logs[one.who]!.prune({ keepPerTask: one.count });
        const kept = TASKS.flatMap((task) =>
          last(
            this.model.filter(({ taskId }) => taskId === task),
            one.count,
          ),
        );
        this.model = this.model.filter((entry) => kept.includes(entry));
        break;
      }
      case 'compact':
        await this.scene.compact('compactor', one.archive ? 1_000_000 : 0, one.round);
        break;
      case 'kill':
        this.scene.kill(this.#processes[one.who]!);
        await this.open(one.who);
        break;
      case 'power':
        this.scene.cutPower();
        for (const n of this.logs.keys()) await this.open(n);
        break;
      case 'reopen':
        await this.logs[one.who]!.close();
        await this.open(one.who);
    }
  }

  async ask({ who: n, after, before, order, count, ...fields }: Question): Promise<void> {
    const log = this.logs[n]!;
    const idAt = (at: number | undefined) =>
      at === undefined ? undefined : this.model[at % (this.model.length + 1)]?.id;
    const filter: EntryFilter = { ...fields, after: idAt(after), before: idAt(before) };
    const wanted = this.model.filter((entry) => matches(entry, filter));
    const ordered = order === 'asc' ? wanted : wanted.toReversed();
    expect(await log.entries({ ...filter, order, limit: count })).toEqual(ordered.slice(0, count));
    expect(await log.entries({ ...filter, last: count })).toEqual(last(wanted, count));
    const scanned: StoredEntry[] = [];
    for await (const entry of log.scan({ ...filter, order })) scanned.push(entry);
    expect(scanned).toEqual(ordered);
    const { taskId, type } = fields;
    expect(await log.count({ taskId, type })).toBe(
      this.model.filter((entry) => matches(entry, { taskId, type })).length,
    );
    expect(await log.tasks()).toEqual(this.tasks);
    const any = this.model[count % (this.model.length + 1)];
    if (any !== undefined) expect(await log.get(any.id)).toEqual(any);
    expect(this.scene.damages).toEqual([]);
  }

  get tasks(): unknown[] {
    return TASKS.flatMap((taskId) => {
      const entries = this.model.filter((entry) => entry.taskId === taskId);
      const newest = entries.at(-1);
      if (newest === undefined) return [];
      const types: { [type: string]: number } = {};
      for (const { type } of entries) types[type] = (types[type] ?? 0) + 1;
      const bytes = entries.reduce((sum, entry) => sum + textBytes(entry), 0);
      return [
        { taskId, entries: entries.length, bytes, lastId: newest.id, lastTimestamp: newest.timestamp, types },
      ];
    }).sort((a, b) => (a.lastId < b.lastId ? 1 : -1));
  }
}

function matches(
  entry: StoredEntry,
  { taskId, type, agent, since, until, after, before }: EntryFilter,
): boolean {
  if (taskId !== undefined && entry.taskId !== taskId) return false;
  if (type !== undefined && ![type].flat().includes(entry.type)) return false;
  if (agent !== undefined && entry.agent !== agent) return false;
  if (since !== undefined && entry.timestamp < since) return false;
  if (until !== undefined && entry.timestamp > until) return false;
  return !(after !== undefined && entry.id <= after) && !(before !== undefined && entry.id >= before);
}

function last<One>(list: readonly One[], count: number): One[] {
  return count === 0 ? [] : list.slice(-count);
}

function textBytes({ taskId, type, text, agent, detail }: StoredEntry): number {
  const texts = [taskId, type, text, agent ?? '', detail === undefined ? '' : JSON.stringify(detail)];
  return texts.reduce((sum, one) => sum + Buffer.byteLength(one.toWellFormed()), 0);
}

test('every reading is what a plain array would give', async () => {
  const steps = fc.array(fc.tuple(fc.array(act, { maxLength: 8 }), question), { minLength: 1, maxLength: 8 });
  let asked = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), steps, async (seed, all) => {
      const store = new Store(seed);
      for (const n of [0, 1, 2]) await store.open(n);
      for (const [acts, asking] of all) {
        for (const one of acts) await store.do(one);
        await store.ask(asking);
        asked++;
      }
      for (const log of store.logs) await log.close();
      store.scene.database.remove();
    }),
    { numRuns: RUNS },
  );
  expect(asked).toBeGreaterThan(RUNS);
});
