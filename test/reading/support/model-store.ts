/** What random tests do to a store, and the plain array that says what must be read from it. */
import fc from 'fast-check';
import type { AgentLog } from '../../../src/api.js';
import type { Entry, JsonValue, StoredEntry } from '../../../src/entry.js';
import type { EntryFilter } from '../../../src/reading/api.js';
import { Scene } from '../../compactor/scene.js';

export const TASKS = ['a', 'b', 'c'];
const TYPES = ['text', 'tool', 'thinking'];
const AGENTS = ['executor', 'planner'];

// Without minus zero, which JSON.stringify does not write.
const json = fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

const entryWith = (text: fc.Arbitrary<string>) =>
  fc.record({
    taskId: fc.constantFrom(...TASKS),
    type: fc.constantFrom(...TYPES),
    text,
    agent: fc.option(fc.constantFrom(...AGENTS), { nil: undefined }),
    detail: fc.option(json, { nil: undefined }),
    timestamp: fc.integer({ min: 0, max: 50 }),
  });

const who = fc.nat({ max: 2 });
/** What may be done to a store, with entries that have such texts. */
export function actsWith(text: fc.Arbitrary<string>) {
  const entryOf = entryWith(text);
  return fc.oneof(
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
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('keep' as const), who, count: fc.nat({ max: 8 }) }),
    },
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
}
type Act = ReturnType<typeof actsWith> extends fc.Arbitrary<infer One> ? One : never;

/** What is asked for; `count` is how many. Each filter is there once for so many times that it is not. */
export function questionWith(without: number) {
  const maybe = <One>(arbitrary: fc.Arbitrary<One>) =>
    fc.oneof({ weight: without, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  return fc.record({
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
}
export type Question = ReturnType<typeof questionWith> extends fc.Arbitrary<infer One> ? One : never;

/** A store with three handles. */
export class ModelStore {
  readonly scene: Scene;
  readonly logs: AgentLog[] = [];
  model: StoredEntry[] = [];
  #names = 0;
  readonly #processes: string[] = [];

  constructor(seed: number) {
    this.scene = new Scene(seed);
  }

  async openAll(): Promise<void> {
    for (const n of [0, 1, 2]) await this.#open(n);
  }

  async closeAll(): Promise<void> {
    for (const log of this.logs) await log.close();
    this.scene.database.remove();
  }

  async #open(n: number): Promise<void> {
    this.#processes[n] = `process ${this.#names++}`;
    // Handles of three kinds: of many and few segments, and of those that keep places of none, some and all of them.
    const [segmentBytes, mostPlaces] = [[400], [1500, 0], [100_000, 5]][n]!;
    this.logs[n] = await this.scene.open(this.#processes[n]!, segmentBytes, { mostPlaces });
  }

  #add(ids: readonly string[], entries: readonly Entry[]): void {
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
        this.#add([await this.logs[one.who]!.append(one.entry)], [one.entry]);
        break;
      case 'batch':
        this.#add(await this.logs[one.who]!.appendBatch(one.entries), one.entries);
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
        await this.#open(one.who);
        break;
      case 'power':
        this.scene.cutPower();
        for (const n of this.logs.keys()) await this.#open(n);
        break;
      case 'reopen':
        await this.logs[one.who]!.close();
        await this.#open(one.who);
    }
  }

  /** Which entries the question asks for, as the API takes it, and those that are. */
  wantedBy(asked: Question): { filter: EntryFilter; wanted: StoredEntry[] } {
    const { who: _who, order: _order, count: _count, after, before, ...fields } = asked;
    const idAt = (at: number | undefined) =>
      at === undefined ? undefined : this.model[at % (this.model.length + 1)]?.id;
    const filter: EntryFilter = { ...fields, after: idAt(after), before: idAt(before) };
    return { filter, wanted: this.model.filter((entry) => matches(entry, filter)) };
  }
}

export function matches(
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

export function last<One>(list: readonly One[], count: number): One[] {
  return count === 0 ? [] : list.slice(-count);
}
