/** Deletes and prunes, against a plain list: what they name is gone at once and for good, and nothing else is. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { RowStore } from '../../src/db/row-store.js';
import { Scene } from './scene.js';

interface Known {
  readonly id: string;
  readonly taskId: string;
  readonly text: string;
  readonly timestamp: number;
}

const SEEDS = 150;
const TASKS = ['a', 'b', 'c'];

class Model {
  readonly scene: Scene;
  readonly logs = new Map<string, AgentLog>();
  entries: Known[] = [];
  #names = 0;

  constructor(seed: number) {
    this.scene = new Scene(seed);
  }

  async open(): Promise<void> {
    const name = `process ${this.#names++}`;
    this.logs.set(name, await this.scene.open(name, this.scene.random.between(300, 3000)));
  }

  get someLog(): AgentLog {
    return this.scene.random.pick([...this.logs.values()]);
  }

  async append(): Promise<void> {
    const { random } = this.scene;
    const given = Array.from({ length: random.between(1, 6) }, () => ({
      taskId: random.pick(TASKS),
      type: random.pick(['text', 'tool']),
      text: `text ${random.below(1_000_000)}`,
      timestamp: random.below(1000),
    }));
    const ids = await this.someLog.appendBatch(given);
    given.forEach((entry, i) => {
      this.entries.push({ id: ids[i]!, ...entry });
    });
    this.entries.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async delete(): Promise<void> {
    const { random } = this.scene;
    const kind = random.below(3);
    if (kind === 0) {
      const taskId = random.pick([...TASKS, 'none']);
      await this.someLog.deleteTask(taskId);
      this.entries = this.entries.filter((entry) => entry.taskId !== taskId);
      return;
    }
    const before = kind === 1 || random.chance(0.2) ? random.below(1000) : undefined;
    const keepPerTask = kind === 2 ? random.below(8) : undefined;
    const taskIds = random.chance(0.3) ? TASKS.filter(() => random.chance(0.5)) : undefined;
    await this.someLog.prune({ before, keepPerTask, taskIds });
    const all = this.entries;
    const isKept = (entry: Known) => {
      if (taskIds?.includes(entry.taskId) === false) return true;
      if (before !== undefined && entry.timestamp < before) return false;
      const later = all.filter(({ taskId, id }) => taskId === entry.taskId && id > entry.id).length;
      return keepPerTask === undefined || later < keepPerTask;
    };
    this.entries = all.filter(isKept);
  }

  async step(): Promise<void> {
    const { scene } = this;
    const kind = scene.random.below(10);
    if (kind < 4) await this.append();
    else if (kind < 6) await this.delete();
    else if (kind < 8) await scene.compact('compactor', scene.random.pick([0, 1_000_000]));
    else if (kind === 8) {
      const [name] = scene.random.pick([...this.logs]);
      this.logs.delete(name);
      scene.kill(name);
      await this.open();
    } else if (scene.random.chance(0.3)) {
      this.logs.clear();
      scene.cutPower();
      await this.open();
      await this.open();
    }
  }

  async check(): Promise<void> {
    const found: Known[] = [];
    for await (const { id, taskId, text, timestamp } of this.someLog.scan())
      found.push({ id, taskId, text, timestamp });
    expect(found).toEqual(
      this.entries.map(({ id, taskId, text, timestamp }) => ({ id, taskId, text, timestamp })),
    );
    expect(this.scene.damages).toEqual([]);
  }
}

test('what is deleted stays deleted, what comes later stays, through compactions, kills and power cuts', async () => {
  let entries = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const model = new Model(seed);
    await model.open();
    await model.open();
    for (let step = 0; step < 30; step++) {
      await model.step();
      if (step % 3 === 0) await model.check();
    }
    await Promise.all([...model.logs.values()].map((log) => log.close()));
    await model.scene.compact('last');
    const rows = model.scene.rows.map(([id]) => id);
    expect(rows).toEqual(model.entries.map(({ id }) => id));
    entries += rows.length;
    model.scene.database.remove();
  }
  expect(entries).toBeGreaterThan(SEEDS);
});

test('a delete takes what was given to this handle before and is not acknowledged yet, and nothing given later', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  const early = [
    log.append({ taskId: 't', type: 'text', text: '1' }),
    log.append({ taskId: 't', type: 'text', text: '2' }),
  ];
  const deleting = log.deleteTask('t');
  await Promise.all(early);
  await deleting;
  const later = await log.append({ taskId: 't', type: 'text', text: '3' });
  const ids: string[] = [];
  for await (const { id } of log.scan()) ids.push(id);
  expect(ids).toEqual([later]);
});

test('more than one transaction is to remove is removed in several', async () => {
  const scene = new Scene(2);
  const log = await scene.open('a', 4_000_000);
  const entries = Array.from({ length: 5000 }, (_, n) => ({ taskId: 't', type: 'text', text: String(n) }));
  for (let n = 0; n < 9; n++) await log.appendBatch(entries);
  const kept = await log.append({ taskId: 'other', type: 'text', text: 'kept' });
  await log.close();
  await scene.compact('compactor', 0, 100_000_000);
  expect(scene.rows).toHaveLength(45_001);
  const next = await scene.open('b');
  await next.deleteTask('t');
  await next.close();
  await scene.compact('compactor');
  expect(scene.rows.map(([id]) => id)).toEqual([kept]);
  expect(scene.filesIn('segments')).toEqual([]);
  expect(scene.database.select('SELECT entries FROM agentLogTasks')).toEqual([1]);
});

test('many deletions that name too much together are carried out in a few transactions', async () => {
  const scene = new Scene(3);
  const log = await scene.open('a', 4_000_000);
  for (let n = 0; n < 30; n++)
    await log.appendBatch(
      Array.from({ length: 1000 }, (_, i) => ({ taskId: `t${n}`, type: 'text', text: `${i}` })),
    );
  await log.close();
  await scene.compact('compactor', 0, 100_000_000);
  const next = await scene.open('b');
  await next.prune({ keepPerTask: 1 });
  await next.close();
  const begin = vi.spyOn(RowStore.prototype, 'begin');
  onTestFinished(() => begin.mockRestore());
  await scene.compact('compactor');
  expect(scene.rows).toHaveLength(30);
  expect(begin.mock.calls.length).toBeLessThan(6);
});

test('more than one transaction is to remove, and it has not come in yet: it does not come in at all', async () => {
  const scene = new Scene(4);
  const log = await scene.open('a', 4_000_000);
  const entries = Array.from({ length: 5000 }, (_, n) => ({ taskId: 't', type: 'text', text: String(n) }));
  for (let n = 0; n < 5; n++) await log.appendBatch(entries);
  await log.deleteTask('t');
  const { id } = await log
    .append({ taskId: 't', type: 'text', text: 'later' })
    .then((made) => ({ id: made }));
  await log.close();
  await scene.compact('compactor', 0, 100_000_000);
  expect(scene.rows).toEqual([[id, 'later']]);
  expect(scene.filesIn('segments')).toEqual([]);
  expect(scene.database.select('SELECT entries FROM agentLogTasks')).toEqual([1]);
});

test('a delete that its handle is closed under is refused or done, and writes to no file of others', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const scene = new Scene(seed);
    const log = await scene.open('a');
    const kept = await scene.append(log);
    const deleting = log.deleteTask('t').then(
      () => 'done',
      (error) => error.code,
    );
    const pruning = log.prune({ keepPerTask: 5 }).then(
      () => 'done',
      (error) => error.code,
    );
    for (let n = scene.random.below(30); n > 0; n--) await new Promise(setImmediate);
    await log.close();
    expect(['done', 'AGENTLOG_CLOSED']).toContain(await pruning);
    const outcome = await deleting;
    expect(['done', 'AGENTLOG_CLOSED']).toContain(outcome);
    const reader = await scene.open('reader');
    expect((await reader.get(kept)) === undefined).toBe(outcome === 'done');
    await reader.close();
    expect(scene.disk.openFiles).toBe(0);
    scene.database.remove();
  }
});

test('the id of a task may have a lone surrogate, as that of an entry may', async () => {
  const scene = new Scene(5);
  const log = await scene.open('a');
  await log.append({ taskId: 'a\ud800b', type: 'text', text: '1' });
  await log.deleteTask('a\ud800b');
  for await (const entry of log.scan()) throw new Error(`${entry.taskId} is there`);
});

test('deletions that others include are not kept', async () => {
  const scene = new Scene(6);
  const log = await scene.open('a');
  for (let n = 1; n <= 30; n++) {
    await scene.append(log);
    await log.prune({ before: n });
    if (n % 5 === 0) await log.deleteTask('t');
  }
  await log.close();
  await scene.compact('compactor');
  expect(scene.database.select("SELECT ifnull(taskId, 'all') FROM agentLogDeletes ORDER BY 1")).toEqual([
    'all',
    't',
  ]);
});

test.each([
  [undefined, /before, keepPerTask or both/],
  [{}, /before, keepPerTask or both/],
  [{ before: new Date() }, /before .* milliseconds/],
  [{ before: 1.5 }, /before .* milliseconds/],
  [{ keepPerTask: -1 }, /keepPerTask/],
  [{ keepPerTask: '5' }, /keepPerTask/],
  [{ before: 1, task: 'x' }, /no option task/],
  [{ before: 1, taskIds: 'x' }, /taskIds .* array/],
  [{ taskIds: ['x'] }, /before, keepPerTask or both/],
])('prune(%j) is a TypeError that says what was meant', async (which, message) => {
  const scene = new Scene(3);
  const log = await scene.open('a');
  const error = await log.prune(which as never).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toMatch(message);
  await expect(log.deleteTask(5 as never)).rejects.toThrow(TypeError);
});
