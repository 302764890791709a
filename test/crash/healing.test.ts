/** Healing as processes see it: those that lead and are killed, those that read beside it, and those that hold a lock. */
import { closeSync, existsSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HealEvent } from '../../src/events.js';
import { Random } from '../support/random.js';
import { inspectDatabase, OUTSIDE, SOUND } from './support/database.js';
import { startHost } from './support/host.js';
import { idsAndTexts, openStore, storePath } from './support/stores.js';

const PAGE = 8192;
const keptIn = (store: string) =>
  readdirSync(join(store, 'quarantine')).filter((file) => file.endsWith('.db'));

/** A closed store with so many entries, all of them rows. Their ids. */
async function fill(store: string, entries: number): Promise<string[]> {
  const log = await openStore(store, { segmentBytes: 256 * 1024 });
  const ids: string[] = [];
  for (let n = 0; n < entries; n += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => ({
      taskId: `task ${i % 5}`,
      type: 'text',
      text: `${n + i} ${'x'.repeat(300)}`,
      detail: 0,
    }));
    ids.push(...(await log.appendBatch(batch)));
  }
  await log.compact();
  await log.close();
  return ids;
}

function damagePage(store: string, page: number): void {
  const fd = openSync(join(store, 'agent-log.db'), 'r+');
  writeSync(fd, Buffer.alloc(PAGE, 0x5a), 0, PAGE, page * PAGE);
  closeSync(fd);
}

async function expectSound(store: string, ids: readonly string[]): Promise<void> {
  const { rows, inspected } = await inspectDatabase(store);
  expect(inspected).toMatchObject(SOUND);
  expect(rows.map(({ id }) => id)).toEqual(ids);
}

test('every handle is told, and reads on', async () => {
  const store = storePath();
  const ids = await fill(store, 1000);
  const heals: HealEvent[][] = [[], []];
  const [leading, reading] = await Promise.all(
    heals.map((told) => openStore(store, { on: { heal: (event) => told.push(event) } })),
  );
  const readOnly = await openStore(store, { readOnly: true });
  expect(await readOnly.count()).toBe(1000);
  expect(await reading!.count()).toBe(1000);
  const event = await leading!.rebuild();
  expect(event).toMatchObject({ wasDamaged: false, rows: 1000, replayed: 0, missing: 0 });
  for (const log of [reading!, readOnly, leading!])
    expect((await idsAndTexts(log)).map(([id]) => id)).toEqual(ids);
  expect(heals).toEqual([[event], [event]]);
  expect((await reading!.stats()).healed).toBe(1);
  // By a handle that does not lead, too.
  expect(await reading!.rebuild()).toMatchObject({ wasDamaged: false, missing: 0 });
  expect((await idsAndTexts(readOnly)).map(([id]) => id)).toEqual(ids);
  expect(keptIn(store)).toHaveLength(2);
});

test('a reader that meets damage has it mended, and everything can be read again', async () => {
  const store = storePath();
  const ids = await fill(store, 1000);
  // The root of the table.
  damagePage(store, 1 + 1);
  const heals: HealEvent[] = [];
  const log = await openStore(store, { on: { heal: (event) => heals.push(event) } });
  const read = () => idsAndTexts(log).catch(({ code }: { code: string }) => code);
  let found = await read();
  const first = found;
  for (; typeof found === 'string'; found = await read()) {
    expect(found).toBe('AGENTLOG_IO');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(first).toBe('AGENTLOG_IO');
  expect(found.map(([id]) => id)).toEqual(ids);
  expect(heals).toMatchObject([{ wasDamaged: true, missing: 0 }]);
  expect(await log.verify()).toMatchObject({ ok: true, rows: 1000, problems: [] });
});

test('a sound database that somebody suspects and somebody else holds a lock on is not replaced', async () => {
  const store = storePath();
  const ids = await fill(store, 300);
  const { ino } = statSync(join(store, 'agent-log.db'));
  const outside = startHost(
    `${OUTSIDE}
    const db = open(args.store);
    db.exec('BEGIN IMMEDIATE');
    say('locked');
    await hear();
    db.exec('ROLLBACK');
    db.close();
    say('left');`,
    { args: { store } },
  );
  await outside.says();
  const warnings: string[] = [];
  const log = await openStore(store, { on: { warning: ({ code }) => warnings.push(code) } });
  writeFileSync(join(store, 'locks/database.suspect'), '');
  ids.push(await log.append({ taskId: 'task 1', type: 'text', text: 'later', detail: 0 }));
  await expect(log.compact()).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  expect(await outside.ask('leave')).toBe('left');
  await log.compact();
  await log.close();
  expect(statSync(join(store, 'agent-log.db')).ino).toBe(ino);
  expect(keptIn(store)).toEqual([]);
  expect(warnings).toContain('AGENTLOG_COMPACTION');
  await expectSound(store, ids);
});

const LEADER = `
  const log = await openAgentLog(args.store, { on: { heal: ({ missing }) => say({ healed: missing }), warning: () => undefined } });
  say('open');
  say({ id: await log.append({ ...entry('of ' + process.pid), detail: 0 }) });
  say({ compacted: await codeOf(log.compact()) });
  await log.close();`;

test.each([1, 2])(
  'leaders that are killed while they heal leave one database or the other (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    const store = storePath();
    const ids = await fill(store, 3000);
    damagePage(store, 1 + random.below(10));
    writeFileSync(join(store, 'locks/database.suspect'), '');
    let missing: number | null | undefined;
    for (let kills = 0; missing === undefined; kills++) {
      const host = startHost(LEADER, { args: { store } });
      let isOver = false;
      // Those of the dead are in the order in which they were given.
      host.onSaid = (said) => {
        const { id, healed } = said as { id?: string; healed?: number | null };
        if (id !== undefined) ids.push(id);
        if (healed !== undefined) missing = healed;
        if ((said as { compacted?: unknown }).compacted !== undefined) isOver = true;
      };
      // After some that hardly begin, one comes to its end.
      const wait = kills < 6 ? random.below(150 * (kills + 1)) : Number.POSITIVE_INFINITY;
      const begun = Date.now();
      while (!isOver && Date.now() - begun < wait) await new Promise((resolve) => setTimeout(resolve, 5));
      await host.kill();
      writeFileSync(join(store, 'locks/database.suspect'), '');
    }
    // Where the counters were hit nobody knows.
    expect([0, null]).toContain(missing);
    const log = await openStore(store, { on: { warning: () => undefined } });
    expect((await idsAndTexts(log)).map(([id]) => id)).toEqual(ids);
    await log.compact();
    expect(await log.verify()).toMatchObject({ ok: true, problems: [] });
    await log.close();
    expect(existsSync(join(store, 'agent-log.db.healed'))).toBe(false);
    expect(readdirSync(store).filter((file) => file.includes('healing'))).toEqual([]);
    await expectSound(store, ids);
  },
);

test('what a killed writer left is told of once, however often the database is made anew', async () => {
  const store = storePath();
  const writer = startHost(
    'const log = await openAgentLog(args.store, { compact: false }); say(await log.append(entry("x")));',
    { args: { store } },
  );
  await writer.says();
  await writer.kill();
  const log = await openStore(store);
  await log.compact();
  await log.rebuild();
  expect((await log.stats()).recovered).toMatchObject({ segments: 1, entries: 1 });
});
