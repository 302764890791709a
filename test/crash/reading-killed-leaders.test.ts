/**
 * A process that reads in every way, and some that follow, while others append, the database is made anew, and whichever
 * leads is killed, again and again. With AGENTLOG_MINUTE=1 it goes on for a minute.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { Random } from '../support/random.js';
import type { Found } from './support/acknowledged.js';
import { inspectDatabase, SOUND, waitingSegments } from './support/database.js';
import { FOLLOWER, savedIn } from './support/follower.js';
import { type Host, startHost } from './support/host.js';
import { KILLED, KilledLeaders } from './support/killed-leaders.js';
import { Readings } from './support/readings.js';
import { openStore } from './support/stores.js';

const KILLS = process.env.AGENTLOG_MINUTE === '1' ? 40 : 5;
const LEADING = 3;
/** Of a follower: between its start and its end. */
const LONGEST_RUN_MS = 900;

class Follower {
  readonly troubles: unknown[] = [];
  readonly file = join(tempDir(), 'entries');
  readonly #args: { readonly store: string; readonly file: string; readonly filter: object };
  #host: Host | undefined;

  constructor(store: string, filter: object) {
    this.#args = { store, file: this.file, filter };
  }

  async start(): Promise<void> {
    this.#host = startHost(FOLLOWER, { args: this.#args });
    // Before it follows it may have something to say of what it found.
    for (let said = await this.#host.says(); said !== 'following'; said = await this.#host.says())
      this.troubles.push(said);
    this.#host.onSaid = (said) => this.troubles.push(said);
  }

  async kill(): Promise<void> {
    expect(await this.#host!.kill()).toEqual(KILLED);
  }

  /** Waits until it has got as much as there is, or more, and holds it against that. */
  async check(all: readonly Found[]): Promise<void> {
    await expect
      .poll(() => savedIn(this.file).length, { timeout: 120_000, interval: 500 })
      .toBeGreaterThanOrEqual(all.length);
    await this.kill();
    const got = savedIn(this.file);
    const lastOf = new Map<string, string>();
    for (const { id, taskId } of got) {
      expect(id > (lastOf.get(taskId) ?? '')).toBe(true);
      lastOf.set(taskId, id);
    }
    expect(got.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(all);
    expect(this.troubles).toEqual([]);
  }
}

/** Whoever leads makes the database anew, twice, however often it is killed while it does. */
async function healTwice(store: string): Promise<void> {
  const mark = join(store, 'locks/database.rebuild');
  for (let heals = 0; heals < 2; heals++) {
    writeFileSync(mark, '');
    // Asks for a round.
    writeFileSync(join(store, 'locks/compactor.request'), randomBytes(16));
    await expect.poll(() => existsSync(mark), { timeout: 120_000, interval: 50 }).toBe(false);
  }
}

/** Goes on until `work` is over. How many steps that were. */
async function during(work: Promise<unknown>, step: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  let steps = 0;
  for (; !isOver; steps++) await step();
  return steps;
}

test.runIf(process.platform === 'linux')(
  'all readings agree with what was acknowledged, and followers get everything once, whoever is killed',
  async () => {
    const leaders = new KilledLeaders();
    const { store, acknowledged } = leaders;
    const followed = await leaders.startNeverLeading();
    for (let n = 0; n < LEADING; n++) await leaders.start();
    const followers = [{}, {}, { taskId: followed, type: ['text', 'none'] }].map(
      (filter) => new Follower(store, filter),
    );
    for (const follower of followers) await follower.start();
    const [killed] = followers;
    await expect.poll(() => acknowledged.named.length, { timeout: 60_000 }).toBeGreaterThan(0);
    const log = await openStore(store, { readOnly: true });
    const readings = new Readings(log, acknowledged, new Random(2));
    const random = new Random(3);

    const appending = leaders.killLeaders(KILLS);
    const reading = during(appending, () => readings.one());
    const ending = during(appending, async () => {
      await new Promise((resolve) => setTimeout(resolve, random.below(LONGEST_RUN_MS)));
      await killed!.kill();
      await killed!.start();
    });
    const healing = healTwice(store);
    // Whichever fails, none goes on behind the end of the test.
    await Promise.allSettled([appending, reading, ending, healing]);
    const [, , ends] = await Promise.all([appending, reading, ending, healing]);
    await leaders.killAll();

    const last = await openStore(store);
    const all = await acknowledged.check(last);
    for (const [n, follower] of followers.entries())
      await follower.check(n < 2 ? all : all.filter(({ taskId }) => taskId === followed));
    await last.compact();
    await last.close();
    expect(waitingSegments(store)).toEqual([]);
    const { rows, inspected } = await inspectDatabase(store);
    expect(inspected).toMatchObject(SOUND);
    acknowledged.checkRows(rows);
    expect(rows.map(({ id, text }) => [id, text])).toEqual(all.map(({ id, text }) => [id, text]));
    expect(leaders.compacted).toBeGreaterThan(KILLS);
    expect(leaders.troubles).toEqual([]);
    expect(
      readdirSync(join(store, 'quarantine')).filter((file) => file.endsWith('.db')).length,
    ).toBeGreaterThan(1);
    expect(ends).toBeGreaterThan(KILLS / 4);
    expect(acknowledged.sizeOf(followed)).toBeGreaterThan(KILLS * 10);
    expect(acknowledged.size).toBeGreaterThan(KILLS * 100);
    expect(readings.done).toBeGreaterThan(KILLS * 2);
  },
);
