/** Reads a store in every way while others append, and holds each answer against what was acknowledged before. */
import { expect } from 'vitest';
import type { AgentLog } from '../../../src/api.js';
import type { StoredEntry } from '../../../src/entry.js';
import type { Random } from '../../support/random.js';
import type { Acknowledged, Found } from './acknowledged.js';
import { textOf } from './appender.js';

const asFound = (entries: StoredEntry[]) => entries as unknown as Found[];

/** In turn; those that read everything take the most time. */
const KINDS = [
  'get',
  'count',
  'newest',
  'page',
  'get',
  'countTask',
  'newest',
  'count',
  'tasks',
  'scan',
] as const;

export class Readings {
  readonly #log: AgentLog;
  readonly #acknowledged: Acknowledged;
  readonly #random: Random;
  readonly #least = new Map<string, number>();
  done = 0;

  constructor(log: AgentLog, acknowledged: Acknowledged, random: Random) {
    this.#log = log;
    this.#acknowledged = acknowledged;
    this.#random = random;
  }

  async one(): Promise<void> {
    await this[KINDS[this.done++ % KINDS.length]!]();
  }

  async count(): Promise<void> {
    const before = this.#acknowledged.size;
    this.#grow('', await this.#log.count(), before);
  }

  async countTask(): Promise<void> {
    const taskId = this.#random.pick(this.#acknowledged.appenders);
    const before = this.#acknowledged.sizeOf(taskId);
    this.#grow(taskId, await this.#log.count({ taskId }), before);
    expect(await this.#log.count({ taskId, type: 'none' })).toBe(0);
  }

  async tasks(): Promise<void> {
    const before = this.#acknowledged.appenders.map(
      (name) => [name, this.#acknowledged.sizeOf(name)] as const,
    );
    const tasks = new Map((await this.#log.tasks()).map((task) => [task.taskId, task]));
    for (const [taskId, least] of before) {
      const { entries = 0, types } = tasks.get(taskId) ?? {};
      this.#grow(taskId, entries, least);
      expect(types).toEqual({ text: entries });
    }
    const total = [...tasks.values()].reduce((sum, { entries }) => sum + entries, 0);
    this.#grow('', total, 0);
  }

  async get(): Promise<void> {
    const [id, name] = this.#random.pick(this.#acknowledged.named);
    const [taskId, n] = name.split('/');
    expect(await this.#log.get(id)).toMatchObject({ id, taskId, text: textOf(taskId!, Number(n)) });
  }

  async newest(): Promise<void> {
    const most = this.#random.pick([1, 10, 200]);
    const { size } = this.#acknowledged;
    const read = async () => asFound(await this.#log.entries({ last: most }));
    const found = await this.#acknowledged.checkRead(read, ([first]) => (size < most ? '' : first!.id));
    expect(found.length).toBeGreaterThanOrEqual(Math.min(most, size));
    expect(found.length).toBeLessThanOrEqual(most);
  }

  /** From the first entry on. */
  async page(): Promise<void> {
    const limit = this.#random.pick([100, 1000]);
    await this.#acknowledged.checkRead(async () => {
      const found: Found[] = [];
      for (;;) {
        const page = asFound(await this.#log.entries({ after: found.at(-1)?.id, limit }));
        found.push(...page);
        if (page.length < limit) return found;
      }
    });
  }

  /** A count lies between what was there before it and what is there after it. */
  async scan(): Promise<void> {
    const { length: least } = await this.#acknowledged.check(this.#log);
    const count = await this.#log.count();
    this.#grow('', count, least);
    const { length: most } = await this.#acknowledged.check(this.#log);
    expect(count).toBeLessThanOrEqual(most);
  }

  /** Nothing is deleted: a count is never less than an earlier one. */
  #grow(what: string, count: number, least: number): void {
    expect(count).toBeGreaterThanOrEqual(Math.max(least, this.#least.get(what) ?? 0));
    this.#least.set(what, count);
  }
}
