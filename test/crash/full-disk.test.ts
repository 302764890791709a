/** Disks that are full: real ones, mounted for the test. */
import { expect, test } from 'vitest';
import { BALLAST, onDisk } from './support/disk.js';
import { runHost, startHost } from './support/host.js';

/** What a program does with a disk that is full now and then, and what it was told about its entries. */
const FILLING = `${BALLAST}
  import { execFileSync } from 'node:child_process';
  const told = { acknowledged: [], rejected: [], codes: new Set(), warnings: new Set(), damages: [] };
  const on = {
    warning: ({ code }) => told.warnings.add(code),
    damage: (damage) => told.damages.push(damage),
  };
  let given = 0;
  const take = (bytes) => { const n = given++; return n + ' ' + 'x'.repeat(bytes); };
  const keep = async (texts, work) => {
    try {
      const ids = await work(texts.map(entry));
      ids.forEach((id, i) => told.acknowledged.push([id, texts[i]]));
      return true;
    } catch ({ code }) {
      told.codes.add(code);
      told.rejected.push(...texts);
      return false;
    }
  };
  const ways = (log) => [
    (bytes) => keep([take(bytes)], async ([one]) => [await log.append(one)]),
    (bytes) => keep([take(bytes)], async ([one]) => [log.appendSync(one)]),
    (bytes) => keep([take(bytes), take(bytes)], (both) => log.appendBatch(both)),
  ];
  const answer = async (log, more) => {
    const found = await read(log);
    told.acknowledged.sort(([a], [b]) => a < b ? -1 : 1);
    return {
      same: JSON.stringify(found) === JSON.stringify(told.acknowledged),
      acknowledged: told.acknowledged.length, found: found.length, rejected: told.rejected.length,
      codes: [...told.codes].sort(), warnings: [...told.warnings].sort(), damages: told.damages, ...more,
    };
  };`;

test('a full disk rejects, space lets appending go on, and nothing acknowledged is lost or there twice', async (context) => {
  const said = await runHost(
    `${FILLING}
    const store = args.directory + '/store';
    let log = await openAgentLog(store, { on, segmentBytes: 65536 * 4 });
    const recovered = [];
    let writes = 0;
    for (let round = 0; round < 3; round++) {
      for (const way of ways(log)) if (!await way(100)) recovered.push(false);
      let n = 0;
      for (let failed = 0; failed < 12; n++) if (!await ways(log)[n % 3](round === 1 ? 300 : 9000)) failed++;
      ballast.leave(0);
      for (let i = 0; i < 30; i++) await ways(log)[i % 3](20_000);
      const { dropped } = await log.stats();
      log.write(entry('y'.repeat(20_000)));
      await codeOf(log.flush());
      await log.append(entry('z'.repeat(20_000))).catch(() => {});
      writes += (await log.stats()).dropped - dropped;
      ballast.remove();
      // The disk is full of what is acknowledged, so there is as much space as somebody makes.
      if (round === 0) execFileSync('mount', ['-o', 'remount,size=8m', args.directory]);
      if (round === 1) execFileSync('mount', ['-o', 'remount,size=16m', args.directory]);
      if (round === 2) execFileSync('mount', ['-o', 'remount,size=32m', args.directory]);
    }
    for (const way of ways(log)) recovered.push(await way(100));
    await log.close();
    log = await openAgentLog(store, { on });
    const result = await answer(log, { recovered, writes });
    await log.close();
    say(result);`,
    onDisk('tmpfs', context),
  );
  expect(said).toMatchObject({
    same: true,
    codes: ['AGENTLOG_DISK_FULL'],
    damages: [],
    recovered: [true, true, true],
    writes: 3,
  });
  const { rejected, warnings } = said as { rejected: number; warnings: string[] };
  expect(rejected).toBeGreaterThan(100);
  expect(warnings).toContain('AGENTLOG_WRITE_DROPPED');
  // The database has no space either, now and then.
  const ofCompaction = ['AGENTLOG_COMPACTION', 'AGENTLOG_STORAGE'];
  expect(warnings.filter((code) => !ofCompaction.includes(code))).toEqual(['AGENTLOG_WRITE_DROPPED']);
});

test('opening on a full disk is AGENTLOG_DISK_FULL, reading goes on, and an exit says what it could not write', async (context) => {
  const host = startHost(
    `${FILLING}
    const store = args.directory + '/store';
    const log = await openAgentLog(store, { on });
    await keep([take(100)], async ([one]) => [await log.append(one)]);
    ballast.leave(0);
    const opening = await codeOf(openAgentLog(store, { on }));
    const making = await codeOf(openAgentLog(args.directory + '/another', { on }));
    const reader = await openAgentLog(store, { on, readOnly: true });
    say(await answer(reader, { opening: opening.code, making: making.code }));
    log.write(entry('x'.repeat(1_000_000)));
    process.exit(5);`,
    onDisk('tmpfs', context),
  );
  expect(await host.says()).toMatchObject({
    same: true,
    damages: [],
    opening: 'AGENTLOG_DISK_FULL',
    making: 'AGENTLOG_DISK_FULL',
  });
  const { status, stderr } = await host.ended;
  expect(status).toBe(5);
  expect(stderr).toMatch(/^agentlog: not everything could be written at exit: .*the disk is full/);
});
