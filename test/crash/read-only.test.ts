/** Stores that are only read, also where nothing can be written: on read-only mounts and in directories without the right. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { noDisk, noModes, withDisk, withModes } from '../../tools/torture/small-disk.js';
import { tempDir } from '../package/support/temp-dir.js';
import { OUTSIDE, walBytes } from './support/database.js';
import { FAILING_DISK, onDisk } from './support/disk.js';
import { runHost, startHost } from './support/host.js';
import { storePath } from './support/stores.js';

/** Rows, what waits in a sealed segment, and a delete: then all is closed in the order that `args.order` says. */
const MAKE = `
  const logs = [await openAgentLog(args.store), await openAgentLog(args.store, { compact: false })];
  const kept = [];
  for (let n = 0; n < 300; n++) kept.push([await logs[n % 2].append(entry('row ' + n)), 'row ' + n]);
  await logs[0].append({ ...entry('deleted'), taskId: 'deleted' });
  await logs[0].deleteTask('deleted');
  await logs[0].compact();
  logs.push(await openAgentLog(args.store, { readOnly: true }));
  await read(logs[2]);
  for (const which of args.order) await logs[which].close();
  const last = await openAgentLog(args.store, { compact: false });
  kept.push([await last.append(entry('waits')), 'waits']);
  await last.close();
  say(kept);`;

/** What somebody finds out who only reads: everything, twice, and that nothing else can be done. */
const READ = `
  import { writeFileSync } from 'node:fs';
  const look = async (store) => {
    const damages = [];
    const log = await openAgentLog(store, { readOnly: true, on: { damage: (damage) => damages.push(damage) } });
    const found = await read(log);
    for (const [id, text] of found) if ((await log.get(id))?.text !== text) throw new Error(id);
    const { slot } = await log.stats();
    const append = (await codeOf(log.append(entry('x')))).code;
    await log.close();
    return { found, damages, slot, append };
  };
  const tryToWrite = (path) => { try { writeFileSync(path, ''); return 'written'; } catch ({ code }) { return code; } };
  const lookAround = async (store) => ({
    ...await look(store),
    again: (await look(store)).found.length,
    writing: tryToWrite(store + '/file'),
    opening: await codeOf(openAgentLog(store).then((log) => log.close())),
  });`;

type Found = readonly (readonly [id: string, text: string])[];

async function makeStore(order: readonly number[] = [2, 1, 0]): Promise<{ store: string; kept: Found }> {
  const store = storePath();
  return { store, kept: (await runHost(MAKE, { args: { store, order } })) as Found };
}

function wholeOf(kept: Found, writing: string) {
  const opening = {
    code: 'AGENTLOG_READ_ONLY',
    name: 'AgentLogError',
    message: expect.stringContaining('option readOnly'),
  };
  const again = kept.length;
  return { found: kept, again, damages: [], slot: null, append: 'AGENTLOG_READ_ONLY', writing, opening };
}

/** Through a mount that is read-only; others may write to the store meanwhile. */
function onReadOnlyMount(store: string) {
  return { args: { store }, through: withDisk('readOnly', store) };
}

function needReadOnlyMount({ skip }: TestContext): void {
  const reason = noDisk('readOnly', tempDir());
  if (reason !== undefined) skip(reason);
}

/** What there is of everything below, and what files hold. No SQLite of this process may have the database open. */
function allBelow(directory: string): Map<string, string> {
  const paths = (readdirSync(directory, { recursive: true }) as string[]).sort();
  return new Map(
    paths.map((path) => {
      const full = join(directory, path);
      const { ino, mode, uid, size, mtimeNs, nlink } = lstatSync(full, { bigint: true });
      const bytes = lstatSync(full).isFile() ? readFileSync(full) : '';
      const hash = createHash('sha256').update(bytes).digest('hex');
      return [path, [ino, mode, uid, size, mtimeNs, nlink, hash].join(' ')];
    }),
  );
}

/** All but what SQLite makes for itself when it reads: the index of the log, and a log that is empty. */
function allThatStays(store: string): Map<string, string> {
  const all = allBelow(store);
  all.delete('agent-log.db-shm');
  if (walBytes(store) === 0) all.delete('agent-log.db-wal');
  return all;
}

/** A store whose leader was killed when the log of the database held a round that a reader kept from being written back. */
async function killedStore(): Promise<{ store: string; kept: Found }> {
  const { store, kept } = await makeStore();
  const leader = startHost(
    `let tell;
    const pinned = new Promise((resolve) => { tell = resolve; });
    const log = await openAgentLog(args.store, { on: { warning: ({ code }) => tell(code) } });
    const kept = [];
    const append = async (text) => { kept.push([await log.append(entry(text)), text]); };
    await append('early');
    await log.compact();
    say('leads');
    await hear();
    for (let n = 0; n < 50; n++) await append('later ' + n);
    log.compact();
    const warning = await pinned;
    await append('last');
    say({ warning, kept });
    await hear();`,
    { args: { store } },
  );
  expect(await leader.says()).toBe('leads');
  const pinning = startHost(
    `${OUTSIDE}
    const db = open(args.store, { readonly: true });
    db.exec('BEGIN');
    say(db.prepare('SELECT count(*) FROM agentLogEntries').pluck().get());
    await hear();`,
    { args: { store } },
  );
  expect(await pinning.says()).toBe(kept.length + 1);
  const { warning, kept: later } = (await leader.ask('go on')) as { warning: string; kept: Found };
  expect(warning).toBe('AGENTLOG_READER_PINNED');
  expect(walBytes(store)).toBeGreaterThan(0);
  await leader.kill();
  await pinning.kill();
  return { store, kept: [...kept, ...later] };
}

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

test.for(ORDERS)(
  'a store whose handles were closed in the order %i, %i, %i is read whole on a read-only mount',
  async (order, context) => {
    needReadOnlyMount(context);
    const { store, kept } = await makeStore(order);
    expect(walBytes(store)).toBe(0);
    expect(readdirSync(join(store, 'segments'))).not.toEqual([]);
    const before = allBelow(store);
    const said = await runHost(`${READ} say(await lookAround(args.store));`, onReadOnlyMount(store));
    expect(said).toEqual(wholeOf(kept, 'EROFS'));
    expect(allBelow(store)).toEqual(before);
  },
);

test('a disk that is mounted read-only, and nowhere else, is read as well', async (context) => {
  const { args, through } = onDisk('ext4', context);
  const { store, kept } = await makeStore();
  const said = await runHost(
    `${READ}${FAILING_DISK}
    execFileSync('cp', ['-a', args.store, disk + '/store']);
    remountDisk('ro');
    say(await lookAround(disk + '/store'));`,
    { args: { ...args, store }, through },
  );
  expect(said).toEqual(wholeOf(kept, 'EROFS'));
});

test('what a killed leader left in the log of the database is read on a read-only mount', async (context) => {
  needReadOnlyMount(context);
  const { store, kept } = await killedStore();
  const before = allBelow(store);
  const said = await runHost(
    `${READ}${OUTSIDE}
    const seen = await lookAround(args.store);
    const db = open(args.store, { readonly: true });
    say({ ...seen, rows: db.prepare('SELECT count(*) FROM agentLogEntries').pluck().get() });`,
    onReadOnlyMount(store),
  );
  expect(said).toEqual({ ...wholeOf(kept, 'EROFS'), rows: kept.length - 1 });
  expect(allBelow(store)).toEqual(before);
});

test('a store without a database is read on a read-only mount, and where there is none none is made', async (context) => {
  needReadOnlyMount(context);
  const store = storePath();
  const kept = (await runHost(
    `const log = await openAgentLog(args.store, { compact: false });
    say([[await log.append(entry('waits')), 'waits']]);
    await log.close();`,
    { args: { store } },
  )) as Found;
  const said = await runHost(`${READ} say(await lookAround(args.store));`, onReadOnlyMount(store));
  expect(said).toEqual(wholeOf(kept, 'EROFS'));
  const empty = tempDir();
  const codes = await runHost(
    `const open = (options) => codeOf(openAgentLog(args.store, options));
    say([await open({ readOnly: true }), await open()]);`,
    onReadOnlyMount(empty),
  );
  expect(codes).toMatchObject([
    { code: 'AGENTLOG_NOT_FOUND' },
    { code: 'AGENTLOG_IO', message: expect.stringContaining('EROFS') },
  ]);
});

test('through a read-only mount one sees what others write, make into rows and leave behind', async (context) => {
  needReadOnlyMount(context);
  const store = storePath();
  const writer = startHost(
    `const log = await openAgentLog(args.store);
    say('open');
    for (const ids = [];;) {
      const what = await hear();
      if (what === 'append') for (let n = 0; n < 50; n++) ids.push([await log.append(entry('x' + n)), 'x' + n]);
      if (what === 'compact') await log.compact();
      if (what === 'close') await log.close();
      say(ids);
    }`,
    { args: { store } },
  );
  await writer.says();
  const reader = startHost(
    `const log = await openAgentLog(args.store, { readOnly: true });
    for (;;) { say(await read(log)); await hear(); }`,
    onReadOnlyMount(store),
  );
  expect(await reader.says()).toEqual([]);
  for (const what of ['append', 'compact', 'append', 'append', 'compact', 'append', 'close'])
    expect([what, await writer.ask(what)]).toEqual([what, await reader.ask('read')]);
});

test.for(['-wal', '-shm', '-wal and -shm'])(
  "without the database's %s reading on a read-only mount is AGENTLOG_READ_ONLY, and what the message says helps",
  async (missing, context) => {
    needReadOnlyMount(context);
    const { store, kept } = await makeStore();
    for (const ending of missing.split(' and ')) rmSync(join(store, `agent-log.db${ending}`));
    const before = allBelow(store);
    const program = `
      const log = await openAgentLog(args.store, { readOnly: true });
      const begun = performance.now();
      const failures = await Promise.all([read(log), log.get(args.id), log.backup(args.copy)].map(codeOf));
      const waited = performance.now() - begun;
      say({ failures, waited });
      await log.close();`;
    const copy = join(tempDir(), 'copy');
    const id = kept[0]![0];
    const { args, through } = onReadOnlyMount(store);
    const said = await runHost(program, { args: { ...args, copy, id }, through });
    const failure = {
      code: 'AGENTLOG_READ_ONLY',
      name: 'AgentLogError',
      message: expect.stringMatching(
        /agent-log\.db-wal and agent-log\.db-shm must be beside it.*Reading the store once where/,
      ),
    };
    const { failures, waited } = said as { failures: unknown[]; waited: number };
    expect(failures).toEqual([failure, failure, failure]);
    // Somebody elsewhere might just be opening the database.
    expect(waited).toBeGreaterThan(900);
    expect(allBelow(store)).toEqual(before);

    const look = `${READ} say((await look(args.store)).found);`;
    cpSync(store, copy, { recursive: true, force: true });
    expect(await runHost(look, { args: { store: copy } })).toEqual(kept);
    expect(await runHost(look, { args: { store } })).toEqual(kept);
    expect(await runHost(look, onReadOnlyMount(store))).toEqual(kept);
  },
);

test('a backup is read on a read-only mount, one that was made there as well', async (context) => {
  needReadOnlyMount(context);
  const { store, kept } = await makeStore();
  const copy = join(tempDir(), 'copy');
  const backUp = `
    const log = await openAgentLog(args.store, { readOnly: true });
    say(await log.backup(args.copy));
    await log.close();`;
  await runHost(backUp, { ...onReadOnlyMount(store), args: { store, copy } });
  const inCopy = readdirSync(copy).sort();
  expect(inCopy).toEqual(['agent-log.db', 'agentlog.json', 'archive', 'locks', 'quarantine', 'segments']);
  const said = await runHost(`${READ} say(await lookAround(args.store));`, onReadOnlyMount(copy));
  expect(said).toEqual(wholeOf(kept, 'EROFS'));
  expect(readdirSync(copy).sort()).toEqual(inCopy);
  // Somebody who may write goes on with it as with any store, while somebody reads.
  const texts = await runHost(
    `const reader = await openAgentLog(args.store, { readOnly: true });
    const before = (await read(reader)).length;
    const log = await openAgentLog(args.store);
    await log.append(entry('later'));
    await log.compact();
    say([before, (await read(reader)).length]);
    await log.close();
    await reader.close();`,
    { args: { store: copy } },
  );
  expect(texts).toEqual([kept.length, kept.length + 1]);
  expect(await runHost(`${READ} say((await look(args.store)).found.length);`, onReadOnlyMount(copy))).toBe(
    kept.length + 1,
  );
});

/** Takes the right to write to anything of the store from everybody, until the running test ends. */
function takeRights(store: string): void {
  const change = (mode: string) => execFileSync('chmod', ['-R', mode, store]);
  onTestFinished(() => void change('u+w'));
  change('a-w');
}

test('without the right to write, a store can be read', async ({ skip }) => {
  const reason = noModes();
  if (reason !== undefined) skip(reason);
  for (const make of [makeStore, killedStore]) {
    const { store, kept } = await make();
    takeRights(store);
    const before = allBelow(store);
    const said = await runHost(`${READ} say(await lookAround(args.store));`, {
      args: { store },
      through: withModes(),
    });
    expect(said).toEqual(wholeOf(kept, 'EACCES'));
    expect(allBelow(store)).toEqual(before);
  }
  const { store } = await makeStore();
  rmSync(join(store, 'agent-log.db-shm'));
  takeRights(store);
  const failure = await runHost(`${READ} say(await codeOf(look(args.store)));`, {
    args: { store },
    through: withModes(),
  });
  expect(failure).toMatchObject({ code: 'AGENTLOG_READ_ONLY' });
});

test('readOnly changes nothing of a store, whether it was closed or left by one who was killed', async () => {
  const look = `${READ} say((await look(args.store)).found);`;
  for (const make of [makeStore, killedStore]) {
    const { store, kept } = await make();
    // As somebody leaves it who is killed while it makes a segment.
    const [segment] = readdirSync(join(store, 'segments'));
    writeFileSync(join(store, 'segments', segment!.replace(/\.\w+$/, '.new')), '');
    const before = allThatStays(store);
    expect(await runHost(look, { args: { store } })).toEqual(kept);
    expect(allThatStays(store)).toEqual(before);
    // The index of the log is made anew, of what is in the log.
    rmSync(join(store, 'agent-log.db-shm'));
    expect(await runHost(look, { args: { store } })).toEqual(kept);
    expect(allThatStays(store)).toEqual(before);
  }
});
