/** Databases that cannot be written, for real reasons: nothing is let go of, and the next round works. */
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Random } from '../support/random.js';
import { inspectDatabase, OUTSIDE, SOUND, waitingSegments } from './support/database.js';
import { BALLAST, FAILING_DISK, onDisk } from './support/disk.js';
import { runHost, startHost } from './support/host.js';
import { storePath } from './support/stores.js';

/** What programs have in common: they note what they are told. */
const NOTING = `
  import { readdirSync } from 'node:fs';
  const warnings = [];
  const damages = [];
  const on = { warning: ({ code }) => warnings.push(code), damage: (damage) => damages.push(damage) };
  const detail = { group: 0, of: 1 };
  const acknowledged = [];
  const append = async (log, count) => {
    for (let i = 0; i < count; i++) acknowledged.push(await log.append({ ...entry('x'.repeat(2000)), detail }));
  };
  const sealed = (store) => readdirSync(store + '/segments').filter((file) => file.endsWith('.sealed'));
  /** Compacts in vain; what waited must wait still. */
  const fail = async (store, log) => {
    const before = sealed(store);
    const { code } = await codeOf(log.compact());
    const after = new Set(sealed(store));
    return { code, retired: before.filter((file) => !after.has(file)) };
  };
  const idsOf = async (log) => (await read(log)).map(([id]) => id);
  const isSame = (ids) => JSON.stringify(ids) === JSON.stringify(acknowledged);`;

test('a disk with no space for the database', async (context) => {
  const said = await runHost(
    `${NOTING}${BALLAST}
     const store = args.directory + '/store';
     const log = await openAgentLog(store, { on, segmentBytes: 65536 });
     await append(log, 50);
     await log.compact();
     await append(log, 300);
     ballast.leave(0);
     const failed = await fail(store, log);
     const isRead = isSame(await idsOf(log));
     ballast.remove();
     const { segments } = await log.compact();
     await append(log, 50);
     const isReadAfter = isSame(await idsOf(log));
     await log.close();
     say({ failed, isRead, isReadAfter, waiting: sealed(store), segments: segments > 0, warnings, damages });`,
    onDisk('tmpfs', context),
  );
  expect(said).toEqual({
    failed: { code: 'AGENTLOG_DISK_FULL', retired: [] },
    isRead: true,
    isReadAfter: true,
    waiting: [],
    segments: true,
    warnings: ['AGENTLOG_COMPACTION'],
    damages: [],
  });
});

test('a database that is made where there is ever so little space', async (context) => {
  const said = await runHost(
    `${NOTING}${BALLAST}
     import { rmSync } from 'node:fs';
     const store = args.directory + '/store';
     const problems = [];
     const outcomes = new Set();
     // From none to more than it takes.
     for (let free = 0; free <= 320_000; free += 20_000) {
       const heal = () => problems.push(free + ' bytes: was damaged');
       const log = await openAgentLog(store, { on: { ...on, heal } });
       acknowledged.length = 0;
       await append(log, 3);
       ballast.leave(free);
       const { code } = await codeOf(log.compact());
       outcomes.add(code === undefined ? 'made' : 'not made');
       ballast.remove();
       const again = await codeOf(log.compact());
       if (again.code !== undefined) problems.push(free + ' bytes: ' + again.message);
       else if (!isSame(await idsOf(log))) problems.push(free + ' bytes: other entries are read');
       await log.close();
       rmSync(store, { recursive: true });
     }
     say({ problems, damages, outcomes: [...outcomes] });`,
    onDisk('tmpfs', context),
  );
  expect(said).toEqual({ problems: [], damages: [], outcomes: ['not made', 'made'] });
});

test('a database that somebody else writes to for longer than anybody waits', async () => {
  const store = storePath();
  const host = startHost(
    `${NOTING}
     const log = await openAgentLog(args.store, { on, segmentBytes: 65536 });
     await append(log, 50);
     await log.compact();
     say('open');
     await hear();
     await append(log, 100);
     const failed = await fail(args.store, log);
     await append(log, 100);
     const isRead = isSame(await idsOf(log));
     say({ failed, isRead });
     await hear();
     await log.compact();
     await log.close();
     say({ warnings, damages, acknowledged });
     process.exit();`,
    { args: { store } },
  );
  await host.says();
  const writer = startHost(
    `${OUTSIDE}
     const db = open(args.store);
     db.exec('BEGIN IMMEDIATE');
     say('writing');
     await hear();
     db.exec('ROLLBACK');
     db.close();
     say('over');`,
    { args: { store } },
  );
  expect(await writer.says()).toBe('writing');
  expect(await host.ask('go on')).toEqual({ failed: { code: 'AGENTLOG_IO', retired: [] }, isRead: true });
  expect(await writer.ask('end')).toBe('over');
  const { acknowledged, ...troubles } = (await host.ask('go on')) as { acknowledged: string[] };
  expect(troubles).toEqual({ warnings: ['AGENTLOG_COMPACTION'], damages: [] });
  expect(waitingSegments(store)).toEqual([]);
  const { rows, inspected } = await inspectDatabase(store);
  expect(inspected).toEqual({ ...SOUND, state: 'closed' });
  expect(rows.map(({ id }) => id)).toEqual(acknowledged);
});

test.each(['its first page', 'all its other pages'])(
  'a database with garbage in %s is made anew from what there is',
  async (where) => {
    const store = storePath();
    const program = `${NOTING}
      const heals = [];
      const log = await openAgentLog(args.store, { on: { ...on, heal: (event) => heals.push(event) }, segmentBytes: 65536 });
      await append(log, 100);
      await log.compact();
      await append(log, 100);
      await log.close();
      say({ heals, warnings, damages, waiting: sealed(args.store).length, acknowledged });`;
    const first = (await runHost(program, { args: { store } })) as { acknowledged: string[] };
    const path = join(store, 'agent-log.db');
    const { size, ino } = statSync(path);
    const [from, to] = where === 'its first page' ? [0, 8192] : [8192, size];
    const fd = openSync(path, 'r+');
    writeSync(fd, new Random(9).bytes(to - from), 0, to - from, from);
    closeSync(fd);
    const second = (await runHost(program, { args: { store } })) as { acknowledged: string[] };
    const kept = join(store, `quarantine/agent-log-${ino}.db`);
    expect(second).toMatchObject({ heals: [{ kept }], warnings: [], damages: [], waiting: 0 });
    const { rows, inspected } = await inspectDatabase(store);
    expect(inspected).toEqual({ ...SOUND, state: 'closed' });
    expect(rows.map(({ id }) => id)).toEqual([...first.acknowledged, ...second.acknowledged]);
  },
);

test('a file system that fails while rows are written', async (context) => {
  const { args, through } = onDisk('ext4', context);
  const said = await runHost(
    `${NOTING}${FAILING_DISK}
     const store = disk + '/store';
     const codes = new Set();
     const lost = [];
     for (let round = 0; round < 6; round++) {
       const log = await openAgentLog(store, { on, segmentBytes: 65536 });
       let failed = false;
       const appending = async () => {
         for (;;) {
           try { await append(log, 1); } catch { if (!failed) throw new Error('rejected too early'); return; }
         }
       };
       const compacting = async () => {
         for (;;) {
           const { code } = await codeOf(log.compact());
           if (code !== undefined) { codes.add(code); return; }
         }
       };
       const all = [appending(), appending(), appending(), appending(), compacting()];
       // By entries and not by the clock: what a fast machine writes in a while is more than the disk takes.
       const enough = acknowledged.length + 60 + round * 31;
       while (acknowledged.length < enough) await new Promise(setImmediate);
       failed = true;
       await failDisk();
       await Promise.all(all);
       await log.close();
       remountDisk();
       warnings.length = 0;
       const after = await openAgentLog(store, { on });
       await after.compact();
       const found = new Set(await idsOf(after));
       lost.push(...acknowledged.filter((id) => !found.has(id)));
       await after.close();
       if (warnings.length + sealed(store).length > 0) lost.push('left: ' + warnings + sealed(store));
     }
     const { rows, ...sound } = await (async () => {
       const { default: Database } = await import(args.sqlite);
       const db = new Database(store + '/agent-log.db', { readonly: true });
       const rows = db.prepare('SELECT count(*) FROM agentLogEntries').pluck().get();
       const integrity = db.pragma('integrity_check', { simple: true });
       db.close();
       return { rows, integrity };
     })();
     say({ lost, damages, codes: [...codes], ...sound, enough: rows >= acknowledged.length && rows > 200 });`,
    {
      args: { ...args, sqlite: new URL('../../node_modules/better-sqlite3/lib/index.js', import.meta.url) },
      through,
    },
  );
  expect(said).toEqual({ lost: [], damages: [], codes: ['AGENTLOG_IO'], integrity: 'ok', enough: true });
});

test('a database that somebody puts another one in the place of', async () => {
  const store = storePath();
  const said = await runHost(
    `${NOTING}
     import { execFileSync } from 'node:child_process';
     const log = await openAgentLog(args.store, { on, segmentBytes: 65536 });
     await append(log, 100);
     await log.compact();
     // By another process, as somebody does who puts a copy back.
     execFileSync('sh', ['-c', 'cp agent-log.db copy && mv copy agent-log.db'], { cwd: args.store });
     await append(log, 100);
     const failed = await fail(args.store, log);
     await log.compact();
     const isRead = isSame(await idsOf(log));
     await log.close();
     say({ failed, isRead, warnings, damages, acknowledged });`,
    { args: { store } },
  );
  const { acknowledged, ...rest } = said as { acknowledged: string[] };
  expect(rest).toEqual({
    failed: { code: 'AGENTLOG_IO', retired: [] },
    isRead: true,
    warnings: ['AGENTLOG_COMPACTION'],
    damages: [],
  });
  expect(waitingSegments(store)).toEqual([]);
  const { rows, inspected } = await inspectDatabase(store);
  expect(inspected).toEqual({ ...SOUND, state: 'closed' });
  expect(rows.map(({ id }) => id)).toEqual(acknowledged);
});
