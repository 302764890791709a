/**
 * Processes that append and compact on one store, while whichever leads is killed, again and again, and replaced by a
 * new one. With AGENTLOG_MINUTE=1 it goes on for a minute.
 */
import { expect, test } from 'vitest';
import { inspectDatabase, SOUND, waitingSegments } from './support/database.js';
import { KilledLeaders } from './support/killed-leaders.js';
import { openStore } from './support/stores.js';

const KILLS = process.env.AGENTLOG_MINUTE === '1' ? 60 : 12;
const AT_ONCE = 4;

test.runIf(process.platform === 'linux')(
  'the database holds what was acknowledged, once, whenever leaders were killed',
  async () => {
    const leaders = new KilledLeaders();
    const { store, acknowledged, troubles } = leaders;
    for (let n = 0; n < AT_ONCE; n++) await leaders.start();
    await leaders.killLeaders(KILLS);
    await leaders.killAll();

    const damages: unknown[] = [];
    const log = await openStore(store, { on: { damage: (damage) => damages.push(damage) } });
    const { segments } = await log.compact();
    // Where nothing waits nobody opens the database, which then stays as the last leader left it.
    const state = segments === 0 ? 'open' : 'closed';
    expect(waitingSegments(store)).toEqual([]);
    const scanned = await acknowledged.check(log);
    await log.close();
    expect(damages).toEqual([]);
    expect(troubles).toEqual([]);
    expect(waitingSegments(store)).toEqual([]);
    const { rows, inspected } = await inspectDatabase(store);
    expect(inspected).toEqual({ ...SOUND, state });
    acknowledged.checkRows(rows);
    expect(rows.map(({ id, text }) => [id, text])).toEqual(scanned.map(({ id, text }) => [id, text]));
    expect(leaders.compacted).toBeGreaterThan(KILLS);
    expect(acknowledged.size).toBeGreaterThan(KILLS * 100);
  },
);
