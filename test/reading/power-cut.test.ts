/**
 * Writers and readers on a disk that forgets, and power that goes at any call to it: whatever any reading gave, while
 * anything was under way, is there afterwards, and as it was given.
 */
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import type { StoredEntry } from '../../src/entry.js';
import { Scene } from '../compactor/scene.js';
import type { Random } from '../support/random.js';
import { failure } from '../support/simulated-disk.js';

const SEEDS = 200;
const CUTS_EACH = 3;
const TASKS = ['a', 'b'];

/** What readings gave, and what appends acknowledged. */
class Told {
  readonly entries = new Map<string, string>();
  readonly ids = new Set<string>();
  /** The most of each task; '' is for all. */
  readonly counts = new Map<string, number>();

  entry(entry: StoredEntry | undefined): void {
    if (entry === undefined) return;
    const text = JSON.stringify(entry);
    if ((this.entries.get(entry.id) ?? text) !== text)
      throw new Error(`${entry.id} is another entry than before`);
    this.entries.set(entry.id, text);
  }

  count(what: string, count: number): void {
    this.counts.set(what, Math.max(count, this.counts.get(what) ?? 0));
  }

  async checkIn(log: AgentLog): Promise<void> {
    const found: StoredEntry[] = [];
    for await (const entry of log.scan()) found.push(entry);
    const there = new Map(found.map((entry) => [entry.id, JSON.stringify(entry)]));
    for (const [id, text] of this.entries) expect(there.get(id)).toBe(text);
    for (const id of this.ids) expect(there.has(id)).toBe(true);
    for (const [what, count] of this.counts)
      expect(await log.count(what === '' ? {} : { taskId: what })).toBeGreaterThanOrEqual(count);
    for (const entry of found) this.entry(entry);
  }
}

/** One thing that is asked, and what it gives. */
async function read(log: AgentLog, told: Told, random: Random): Promise<void> {
  const note = (entries: StoredEntry[]) => {
    for (const entry of entries) told.entry(entry);
  };
  const taskId = random.pick(TASKS);
  switch (random.below(8)) {
    case 0:
      for await (const entry of log.scan({ order: random.pick(['asc', 'desc']) })) told.entry(entry);
      break;
    case 1:
      note(await log.entries({ limit: random.below(20) }));
      break;
    case 2:
      note(await log.entries({ last: random.below(5) }));
      break;
    case 3:
      note(await log.entries({ taskId, type: ['text', 'none'], order: 'desc' }));
      break;
    case 4:
      if (told.ids.size > 0) told.entry(await log.get(random.pick([...told.ids])));
      break;
    case 5:
      told.count('', await log.count());
      break;
    case 6:
      told.count(taskId, await log.count({ taskId }));
      break;
    default:
      for (const task of await log.tasks()) {
        told.count(task.taskId, task.entries);
        told.ids.add(task.lastId);
      }
  }
}

/** Processes that work from one power cut to the next. */
class Session {
  readonly #scene: Scene;
  readonly #told: Told;
  readonly #name: string;
  #writers = 0;
  /** Calls to the disk until the power goes. */
  #left: number;
  #isOff = false;

  constructor(scene: Scene, told: Told, name: string) {
    this.#scene = scene;
    this.#told = told;
    this.#name = name;
    this.#left = scene.random.between(10, 400);
  }

  /** Works until the power goes, at some call to the disk. */
  async run(): Promise<void> {
    const { disk } = this.#scene;
    const off = new Promise<void>((resolve) => {
      disk.interfere = () => {
        if (--this.#left > 0) return undefined;
        disk.interfere = () => undefined;
        this.#isOff = true;
        this.#scene.cutPower();
        resolve();
        throw failure('EDEAD', 'call', 'the power is off');
      };
    });
    this.#work().catch(this.#expectOff);
    await off;
    // Promises that were resolved in the last moment are heard before anything is checked.
    await turn();
  }

  async #work(): Promise<void> {
    const { random } = this.#scene;
    let writer = await this.#openWriter();
    const mostPlaces = random.pick([0, 1000]);
    const reader = await this.#scene.open(`reader ${this.#name}`, 1000, { mostPlaces });
    this.#follow(reader).catch(this.#expectOff);
    while (!this.#isOff) {
      const kind = random.below(20);
      if (kind < 8) this.#append(writer.log);
      else if (kind < 16) read(reader, this.#told, random).catch(this.#expectOff);
      else if (kind === 16) await this.#readLast(writer.log, reader);
      else if (kind === 17) this.#scene.compact(`compactor ${this.#name}`).catch(this.#expectOff);
      else if (kind === 18) await delay(1);
      else if (random.chance(0.3)) {
        this.#scene.kill(writer.name);
        writer = await this.#openWriter();
      }
      for (let n = random.below(4); n > 0; n--) await turn();
    }
  }

  /** What was read beside an append may be the last thing before the power goes. */
  async #readLast(writer: AgentLog, reader: AgentLog): Promise<void> {
    const { random } = this.#scene;
    this.#append(writer);
    for (let n = random.below(4); n > 0; n--) await turn();
    await read(reader, this.#told, random);
    if (random.chance(0.5)) this.#left = 1;
  }

  async #openWriter(): Promise<{ name: string; log: AgentLog }> {
    const name = `writer ${this.#name}.${this.#writers++}`;
    return { name, log: await this.#scene.open(name, this.#scene.random.pick([300, 1500, 100_000])) };
  }

  async #follow(reader: AgentLog): Promise<void> {
    for await (const entry of reader.follow()) this.#told.entry(entry);
  }

  /** Not waited for. */
  #append(log: AgentLog): void {
    const { random } = this.#scene;
    const entryOf = () => ({ taskId: random.pick(TASKS), type: 'text', text: '.'.repeat(random.below(700)) });
    const done = (ids: string[]) => {
      for (const id of ids) this.#told.ids.add(id);
    };
    const kind = random.below(3);
    if (kind === 0) log.append(entryOf()).then((id) => done([id]), this.#expectOff);
    else if (kind === 1) log.appendBatch([entryOf(), entryOf(), entryOf()]).then(done, this.#expectOff);
    else done([log.appendSync(entryOf())]);
  }

  readonly #expectOff = (error: unknown): void => {
    // Of a writer that was killed.
    const isDead = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'EDEAD';
    if (!this.#isOff && !isDead) throw error;
  };
}

test('nothing that a reader was given is gone after a power cut, or another', async () => {
  let given = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const scene = new Scene(seed);
    const told = new Told();
    for (let n = 0; n < CUTS_EACH; n++) {
      await new Session(scene, told, String(n)).run();
      await told.checkIn(await scene.open(`checker ${n}`));
      scene.kill(`checker ${n}`);
      expect(scene.damages).toEqual([]);
    }
    given += told.entries.size;
    scene.database.remove();
  }
  expect(given).toBeGreaterThan(SEEDS * 10);
});
