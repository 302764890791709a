/**
 * Processes that append and compact on one store, while whichever leads is killed, again and again, and replaced by a
 * new one. With AGENTLOG_MINUTE=1 it goes on for a minute.
 */
import { expect, test } from 'vitest';
import { Random } from '../support/random.js';
import { Acknowledged } from './support/acknowledged.js';
import { type Acknowledgement, APPENDER } from './support/appender.js';
import { inspectDatabase, leaderOf, SOUND, waitingSegments } from './support/database.js';
import { type Host, startHost } from './support/host.js';
import { openStore, storePath } from './support/stores.js';

const KILLS = process.env.AGENTLOG_MINUTE === '1' ? 60 : 12;
const AT_ONCE = 4;
/** Between two kills. */
const SHORTEST_MS = 600;
const LONGEST_MS = 1400;
/** What an appender is told to write, and how long it then rests: what is written must be read in the end. */
const PORTION = 40;
const REST_MS = 30;

test.runIf(process.platform === 'linux')(
  'the database holds what was acknowledged, once, whenever leaders were killed',
  async () => {
    const store = storePath();
    const random = new Random(1);
    const acknowledged = new Acknowledged();
    const troubles: unknown[] = [];
    const living = new Map<number, Host>();
    let compacted = 0;
    const start = async () => {
      const name = `host ${random.next()}`;
      const host = startHost(APPENDER, { args: { store, name, seed: random.next(), compacting: true } });
      // Before it has a slot it may have something to say of what it found.
      for (let said = await host.says(); !('slot' in (said as object)); said = await host.says())
        troubles.push(said);
      host.onSaid = (said) => {
        if (said === 'done') setTimeout(() => host.tell(PORTION), REST_MS);
        else if ('n' in (said as object)) acknowledged.hear(name, said as Acknowledgement);
        else if ('compacted' in (said as object)) compacted++;
        else troubles.push(said);
      };
      host.tell(PORTION);
      living.set(host.pid, host);
    };
    for (let n = 0; n < AT_ONCE; n++) await start();

    for (let kills = 0; kills < KILLS; ) {
      await new Promise((resolve) => setTimeout(resolve, random.between(SHORTEST_MS, LONGEST_MS)));
      const leader = leaderOf(store);
      const host = leader === undefined ? undefined : living.get(leader);
      if (host === undefined) continue;
      expect(await host.kill()).toEqual({ status: null, signal: 'SIGKILL', stderr: '' });
      living.delete(host.pid);
      kills++;
      await start();
    }
    for (const host of living.values())
      expect(await host.kill()).toEqual({ status: null, signal: 'SIGKILL', stderr: '' });

    const damages: unknown[] = [];
    const log = await openStore(store, { on: { damage: (damage) => damages.push(damage) } });
    await log.compact();
    expect(waitingSegments(store)).toEqual([]);
    const scanned = await acknowledged.check(log);
    await log.close();
    expect(damages).toEqual([]);
    expect(troubles).toEqual([]);
    expect(waitingSegments(store)).toEqual([]);
    const { rows, inspected } = await inspectDatabase(store);
    expect(inspected).toEqual({ ...SOUND, state: 'closed' });
    acknowledged.checkRows(rows);
    expect(rows.map(({ id, text }) => [id, text])).toEqual(scanned.map(({ id, text }) => [id, text]));
    expect(compacted).toBeGreaterThan(KILLS);
    expect(acknowledged.size).toBeGreaterThan(KILLS * 100);
  },
);
