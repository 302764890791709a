/** Processes that are killed while they append in every way, at seeded random moments, on one store. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { Random } from '../support/random.js';
import { Acknowledged } from './support/acknowledged.js';
import { type Acknowledgement, APPENDER } from './support/appender.js';
import { type Host, startHost } from './support/host.js';
import { openStore, storePath } from './support/stores.js';

const STORES = 3;
const KILLS = 5;
const AT_ONCE = 3;
const LONGEST_RUN_MS = 80;
/** More than an appender writes in that time, so that it also writes beside the check that follows. */
const ENOUGH = 2000;

interface Appender {
  readonly host: Host;
  readonly name: string;
}

/** A store, the appenders that live, and what they and those before them were told. */
class Scene {
  readonly store = storePath();
  readonly random: Random;
  readonly acknowledged = new Acknowledged();
  readonly troubles: unknown[] = [];
  readonly living: Appender[] = [];
  /** The segments that the last check recovered. */
  recovered: string[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  async start(): Promise<void> {
    const { store, random } = this;
    const name = `host ${random.next()}`;
    const host = startHost(APPENDER, { args: { store, name, seed: random.next() } });
    await host.says();
    host.onSaid = (said) => {
      if (said === 'done') return;
      if ('n' in (said as object)) this.acknowledged.hear(name, said as Acknowledgement);
      else this.troubles.push(said);
    };
    this.living.push({ host, name });
  }

  async killOne(): Promise<void> {
    const { random, living } = this;
    for (const { host } of living) host.tell(ENOUGH);
    await new Promise((resolve) => setTimeout(resolve, random.below(LONGEST_RUN_MS)));
    const [victim] = living.splice(random.below(living.length), 1);
    expect((await victim!.host.kill()).signal).toBe('SIGKILL');
  }

  /** Opens the store, with whoever lives still appending, and reads all. */
  async check(): Promise<unknown> {
    const { store, random, acknowledged, troubles } = this;
    this.recovered = [];
    const log = await openStore(store, {
      readOnly: random.chance(0.5),
      on: {
        damage: (damage) => troubles.push({ damage }),
        recover: ({ segment }) => this.recovered.push(basename(segment)),
      },
    });
    const found = await acknowledged.check(log);
    // None, when the first was killed before its first acknowledgement.
    if (found.length > 0) {
      const { id, text } = random.pick(found);
      expect(await log.get(id)).toMatchObject({ id, text });
    }
    await log.close();
    return found;
  }
}

test.each(Array.from({ length: STORES }, (_, i) => i + 1))(
  'what killed processes had acknowledged is there, whole and once, and nothing else (%i)',
  async (seed) => {
    const scene = new Scene(seed);
    for (let n = 0; n < AT_ONCE; n++) await scene.start();
    for (let kills = 0; kills < KILLS; kills++) {
      await scene.killOne();
      await scene.check();
      if (kills < KILLS - AT_ONCE) await scene.start();
    }
    expect(scene.living).toEqual([]);
    const first = await scene.check();
    const leftOpen = readdirSync(join(scene.store, 'segments')).filter((file) => file.endsWith('.open'));
    expect(await scene.check()).toEqual(first);
    expect(scene.recovered.toSorted()).toEqual(leftOpen.toSorted());
    expect(scene.troubles).toEqual([]);
    expect(scene.acknowledged.size).toBeGreaterThan(KILLS * 100);
  },
);
