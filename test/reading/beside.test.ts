/** Reading with filters, and following, while segments grow, become rows and are let go of. */
import { expect, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { parseId } from '../../src/entry-id.js';
import type { EntryFollow } from '../../src/reading/api.js';
import { Scene } from '../compactor/scene.js';

const SEEDS = 60;
const TASKS = ['t', 'u', 'v'];
const NAMES = ['a', 'b', 'c'];

class Life {
  readonly scene: Scene;
  readonly logs: AgentLog[] = [];
  /** The ids of each task, in the order in which they were acknowledged. */
  readonly ids = new Map(TASKS.map((task) => [task, [] as string[]]));

  constructor(seed: number) {
    this.scene = new Scene(seed);
  }

  async open(n: number): Promise<void> {
    this.logs[n] = await this.scene.open(NAMES[n]!, n === 2 ? 100_000 : 1000);
  }

  async append(): Promise<void> {
    const task = this.scene.random.pick(TASKS);
    this.ids.get(task)!.push(await this.scene.append(this.scene.random.pick(this.logs), task));
  }

  async compact(): Promise<void> {
    const { random } = this.scene;
    await this.scene.compact('compactor', random.pick([0, 1_000_000]), random.pick([1, 3000]));
  }

  async restart(): Promise<void> {
    const n = this.scene.random.below(NAMES.length);
    this.scene.kill(NAMES[n]!);
    await this.open(n);
  }

  idsOf(task: string | undefined): string[] {
    return [...this.ids].flatMap(([name, ids]) => (task === undefined || name === task ? ids : []));
  }

  async begin(): Promise<void> {
    for (const n of NAMES.keys()) await this.open(n);
    for (let n = this.scene.random.between(5, 60); n > 0; n--) await this.append();
    if (this.scene.random.chance(0.5)) await this.compact();
    if (this.scene.random.chance(0.5)) await this.restart();
  }
}

function byWriter(ids: readonly string[]): string[][] {
  const slots = new Map<number, string[]>();
  for (const id of ids) {
    const slot = parseId(id)!.low & 1023;
    slots.set(slot, [...(slots.get(slot) ?? []), id]);
  }
  return [...slots.values()];
}

test('a follow, left and gone on with from its cursor, gives everything once, of each writer in order', async () => {
  let resumed = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const life = new Life(seed);
    const { scene } = life;
    const { random } = scene;
    await life.begin();
    const reader = await scene.open('reader', 1000, { mostPlaces: random.pick([0, 10, 1000]) });
    const taskId = random.pick([...TASKS, undefined]);
    const given: string[] = [];
    let follow: EntryFollow = reader.follow({ taskId });
    // Of each writer the last one says that nothing of it is missing before.
    const takeUpTo = async (ids: readonly string[]) => {
      const left = new Set(ids.filter((id) => !given.includes(id)));
      while (left.size > 0) {
        const { value } = await follow.next();
        given.push(value.id);
        left.delete(value.id);
      }
    };
    for (let n = random.between(10, 60); n > 0; n--) {
      if (random.chance(0.6)) await life.append();
      if (random.chance(0.1)) await life.compact();
      if (random.chance(0.05)) await life.restart();
      const there = life.idsOf(taskId);
      if (random.chance(0.2) && there.length > 0) await takeUpTo([random.pick(there)]);
      if (!random.chance(0.1)) continue;
      const { cursor } = follow;
      await follow.return!();
      if (random.chance(0.5)) await life.compact();
      follow = reader.follow({ taskId, cursor });
      resumed++;
    }
    await takeUpTo(byWriter(life.idsOf(taskId)).map((ids) => ids.toSorted().at(-1)!));
    expect(given.toSorted()).toEqual(life.idsOf(taskId).toSorted());
    for (const ids of byWriter(given)) expect(ids).toEqual(ids.toSorted());
    expect(scene.damages).toEqual([]);
    await reader.close();
  }
  expect(resumed).toBeGreaterThan(SEEDS);
});

test('a filtered scan, in either order, gives what was there when it began, once', async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const life = new Life(seed);
    const { scene } = life;
    const { random } = scene;
    await life.begin();
    const reader = await scene.open('reader', 1000, { mostPlaces: random.pick([0, 10, 1000]) });
    const taskId = random.pick([...TASKS, undefined]);
    const order = random.pick(['asc', 'desc'] as const);
    const atBegin = life.idsOf(taskId);
    const found: string[] = [];
    for await (const { id } of reader.scan({ taskId, order })) {
      found.push(id);
      if (random.chance(0.3)) await life.append();
      if (random.chance(0.1)) await life.restart();
      if (random.chance(0.2)) await life.compact();
      const count = await reader.count({ taskId });
      expect(count).toBe(life.idsOf(taskId).length);
    }
    const sorted = found.toSorted();
    expect(found).toEqual(order === 'asc' ? sorted : sorted.toReversed());
    expect(sorted).toEqual(atBegin.toSorted());
    expect(scene.damages).toEqual([]);
    await reader.close();
  }
});
