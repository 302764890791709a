/** What was acknowledged, and what was deleted, through ends of every kind and on disks that fail. */
import { expect, test } from 'vitest';
import { BALLAST, FAILING_DISK, onDisk } from '../crash/support/disk.js';
import { runHost, startHost } from '../crash/support/host.js';
import { openStore, storePath } from '../crash/support/stores.js';

/** What a program begins with. */
const FUSION = `
  const { createAgentLogStore } = await import(new URL('adapters/fusion.js', AGENTLOG));
  const warnings = [];
  const on = { warning: ({ code, message }) => warnings.push([code, message]) };
  const open = (directory, options = {}) => createAgentLogStore(directory, { compact: false, on, ...options });
  const text = (text, taskId = 'FN-1') => ({ taskId, type: 'text', text });
  const log = (store, name) => store.appendAgentLog('FN-1', name, 'text');
  const textsOf = async (store, taskId = 'FN-1') => (await store.getAgentLogs(taskId)).map(({ text }) => text.trimEnd());
`;

async function textsIn(directory: string, taskId = 'FN-1'): Promise<string[]> {
  const log = await openStore(directory, { compact: false });
  return (await log.entries({ taskId, last: 100_000 })).map(({ text }) => text.trimEnd());
}

test('what was acknowledged before a kill is there, once, under the references that were given', async () => {
  const directory = storePath();
  const host = startHost(
    `${FUSION}
    const store = await open(args.directory);
    let n = 0;
    const alone = async () => { for (;;) { const name = 'alone ' + n++; say([[await log(store, name), name]]); } };
    const together = async () => {
      for (;;) {
        const names = ['first', 'second'].map((which) => which + ' ' + n++);
        const references = await store.appendAgentLogBatch(names.map((name) => text(name)));
        say(references.map((reference, i) => [reference, names[i]]));
      }
    };
    alone(); alone(); alone(); together(); together();`,
    { args: { directory } },
  );
  const told: [string, string][] = [];
  while (told.length < 500) told.push(...((await host.says()) as typeof told));
  host.onSaid = (said) => told.push(...(said as typeof told));
  await host.kill();
  const log = await openStore(directory, { compact: false });
  const found = await log.entries({ last: 100_000 });
  const byId = new Map(found.map(({ id, text }) => [id, text]));
  for (const [reference, name] of told) expect(byId.get(reference)).toBe(name);
  expect(new Set(byId.values()).size).toBe(found.length);
  // A batch is there with all of its entries.
  const firsts = found.filter(({ text }) => text.startsWith('first')).length;
  expect(found.filter(({ text }) => text.startsWith('second')).length).toBe(firsts);
});

test.each([
  ['what is not under way yet', '', ''],
  ['what is under way', '', 'await new Promise(setImmediate);'],
  ['both', 'if (i % 50 === 0) await new Promise(setImmediate);', ''],
])('what was flushed is on disk when the call returns: %s', async (_name, between, before) => {
  const directory = storePath();
  const host = startHost(
    `${FUSION}
    const store = await open(args.directory);
    for (let i = 0; i < 300; i++) {
      log(store, String(i));
      ${between}
    }
    ${before}
    store.flushAgentLogBuffer();
    process.kill(process.pid, 'SIGKILL');`,
    { args: { directory } },
  );
  expect((await host.ended).signal).toBe('SIGKILL');
  expect(await textsIn(directory)).toEqual(Array.from({ length: 300 }, (_, i) => String(i)));
});

test.each([
  ['process.exit()', 'process.exit(3)', 3],
  ['a natural end', '', 0],
  ['an error that nobody caught', 'setImmediate(() => { throw new Error("thrown") })', 1],
])('what nobody waited for is written at %s', async (_name, end, status) => {
  const directory = storePath();
  const host = startHost(
    `${FUSION}
    const store = await open(args.directory);
    await log(store, 'first');
    for (let i = 0; i < 100; i++) log(store, String(i));
    ${end}`,
    { args: { directory } },
  );
  const ended = await host.ended;
  expect(ended.status).toBe(status);
  expect(ended.stderr).not.toContain('agentlog:');
  expect(await textsIn(directory)).toEqual(['first', ...Array.from({ length: 100 }, (_, i) => String(i))]);
});

test('a deleted task stays deleted when the process dies as soon as it was told', async () => {
  const directory = storePath();
  const host = startHost(
    `${FUSION}
    const store = await open(args.directory);
    await store.appendAgentLogBatch([text('old'), text('kept', 'FN-2')]);
    log(store, 'under way');
    await store.deleteTask('FN-1');
    process.kill(process.pid, 'SIGKILL');`,
    { args: { directory } },
  );
  expect((await host.ended).signal).toBe('SIGKILL');
  expect(await textsIn(directory)).toEqual([]);
  expect(await textsIn(directory, 'FN-2')).toEqual(['kept']);
});

/** A full disk, and what is done with it. Texts are long, so that no space that was written before takes them. */
const FULL = `${BALLAST}
  const long = (name) => name.padEnd(60_000);
  const flush = (store) => { try { store.flushAgentLogBuffer(); return 'flushed'; } catch ({ code }) { return code; } };
  /** Until the disk takes no more, not even what fits in space that was written before. */
  const exhaust = async (store) => {
    ballast.leave(0);
    for (let i = 0; ; i++) {
      const reference = await store.appendAgentLog('FN-0', long('filling ' + i), 'text');
      if (reference === undefined) return;
    }
  };
`;

test('a full disk rejects no append: it is kept in its place, tried again, and there once', async (context) => {
  const said = await runHost(
    `${FUSION}${FULL}
    const store = await open(args.directory + '/store');
    const heard = [];
    store.on('agent:log', ({ text }) => heard.push(text.trimEnd()));
    await log(store, long('before'));
    await exhaust(store);
    heard.length = 0;
    const kept = [log(store, long('a')), log(store, long('b'))];
    const batch = codeOf(store.appendAgentLogBatch([text(long('batch')), text(long('batch'))]));
    kept.push(log(store, long('c')));
    const flushed = flush(store);
    const during = { references: await Promise.all(kept), batch: (await batch).code, flushed, again: flush(store) };
    during.texts = await textsOf(store);
    during.count = await store.getAgentLogCount('FN-1');
    during.latest = await store.getLatestAgentLogActivityMs('FN-1') > Date.parse((await store.getAgentLogs('FN-1'))[0].timestamp);
    during.heard = [...heard];
    ballast.remove();
    const last = log(store, long('d'));
    const after = { flushed: flush(store), isReference: typeof await last };
    after.texts = await textsOf(store);
    await store.close();
    const next = await open(args.directory + '/store');
    after.reopened = await textsOf(next);
    await next.close();
    say({ during, after, warnings });`,
    onDisk('tmpfs', context),
  );
  expect(said).toEqual({
    during: {
      references: [null, null, null],
      batch: 'AGENTLOG_DISK_FULL',
      flushed: 'AGENTLOG_DISK_FULL',
      again: 'AGENTLOG_DISK_FULL',
      texts: ['before'],
      count: 1,
      latest: true,
      // Of the batch nobody hears, as it was rejected.
      heard: ['a', 'b', 'c'],
    },
    after: {
      flushed: 'flushed',
      isReference: 'string',
      texts: ['before', 'a', 'b', 'c', 'd'],
      reopened: ['before', 'a', 'b', 'c', 'd'],
    },
    warnings: [],
  });
});

test('on a full disk no flush says that all is on disk, whenever it is called after an append', async (context) => {
  const said = await runHost(
    `${FUSION}${FULL}
    const store = await open(args.directory + '/store');
    await exhaust(store);
    const flushes = new Set();
    const given = [];
    for (let turns = 0; turns < 60; turns++) {
      given.push(String(turns));
      log(store, long(String(turns)));
      for (let i = 0; i < turns; i++) await (turns % 3 === 0 ? new Promise(process.nextTick) : null);
      flushes.add(flush(store)).add(flush(store));
      if (turns % 7 === 0) await new Promise(setImmediate);
    }
    ballast.remove();
    flush(store);
    const texts = await textsOf(store);
    await store.close();
    say({ flushes: [...flushes], same: JSON.stringify(texts) === JSON.stringify(given), texts: texts.length });`,
    onDisk('tmpfs', context),
  );
  // The file system has room for some of them only.
  expect(said).toEqual({ flushes: ['AGENTLOG_DISK_FULL'], same: true, texts: 60 });
});

test('what is kept is bounded: the oldest is dropped, and told; what is deleted is not kept', async (context) => {
  const said = await runHost(
    `${FUSION}${FULL}
    const store = await open(args.directory + '/store', { maxPendingBytes: 200_000 });
    await exhaust(store);
    await store.deleteTask('FN-0').catch(() => undefined);
    for (const name of ['a', 'b', 'c', 'd', 'e']) await log(store, long(name));
    const batch = (await codeOf(store.appendAgentLogBatch([text('batch')]))).code;
    ballast.remove();
    store.flushAgentLogBuffer();
    const texts = await textsOf(store);
    ballast.leave(0);
    await store.appendAgentLog('FN-3', long('to be deleted'), 'text');
    const inFlight = store.appendAgentLog('FN-3', long('to be deleted, too'), 'text');
    const deleting = codeOf(store.deleteTask('FN-3'));
    await inFlight;
    const deleted = (await deleting).code;
    ballast.remove();
    const left = (await textsOf(store, 'FN-3')).length;
    ballast.leave(0);
    await exhaust(store);
    const closing = await codeOf(store.close());
    say({ texts, batch, deleted, left, closing, warnings });`,
    onDisk('tmpfs', context),
  );
  expect(said).toMatchObject({
    texts: ['c', 'd', 'e'],
    batch: 'AGENTLOG_DISK_FULL',
    deleted: 'AGENTLOG_DISK_FULL',
    left: 0,
    closing: {},
  });
  const { warnings } = said as { warnings: [code: string, message: string][] };
  const dropped = warnings
    .filter(([code]) => code === 'AGENTLOG_WRITE_DROPPED')
    .map(([, message]) => message);
  const counts = dropped.map((message) => Number(/dropped (\d+) entr.*the disk is full/.exec(message)?.[1]));
  // Two when it became too much, and what was kept when it was closed.
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
});

test('of what is kept, as much is written as there is space for', async (context) => {
  const said = await runHost(
    `${FUSION}${FULL}
    import { statSync, truncateSync } from 'node:fs';
    const store = await open(args.directory + '/store');
    await exhaust(store);
    const given = Array.from({ length: 12 }, (_, i) => String(i));
    for (const name of given) await log(store, long(name));
    const none = (await textsOf(store)).length;
    // A little more space each time.
    const counts = new Set();
    for (let size = statSync(args.directory + '/ballast').size; size > 0; size -= 50_000) {
      truncateSync(args.directory + '/ballast', size);
      const texts = await textsOf(store);
      counts.add(texts.length);
      if (texts.some((name, i) => name !== given[i])) counts.add('out of order');
    }
    await store.close();
    say({ none, counts: [...counts] });`,
    onDisk('tmpfs', context),
  );
  const { none, counts } = said as { none: number; counts: number[] };
  expect(none).toBe(0);
  expect(counts.at(-1)).toBe(12);
  expect(counts.length).toBeGreaterThan(3);
});

test('on a disk that fails from one moment to the next, no append rejects and closing does not', async (context) => {
  const said = await runHost(
    `${FUSION}${FAILING_DISK}
    const store = await open(disk + '/store');
    const acknowledged = [];
    let n = 0;
    let refused = 0;
    let isOver = false;
    const agent = async () => {
      while (!isOver) {
        const name = String(n++);
        if (await log(store, name) === undefined) refused++;
        else acknowledged.push(name);
      }
    };
    const agents = [agent(), agent(), agent()];
    while (acknowledged.length < 100) await new Promise(setImmediate);
    await failDisk();
    while (refused < 10) await new Promise(setImmediate);
    isOver = true;
    await Promise.all(agents);
    const batch = (await codeOf(store.appendAgentLogBatch([text('batch')]))).code;
    const deleted = (await codeOf(store.deleteTask('FN-1'))).code;
    await store.close();
    remountDisk();
    const next = await open(disk + '/store');
    const found = await textsOf(next);
    await next.close();
    say({
      batch, deleted,
      lost: acknowledged.filter((name) => !found.includes(name)),
      twice: found.length - new Set(found).size,
      codes: [...new Set(warnings.map(([code]) => code))].sort(),
    });`,
    onDisk('ext4', context),
  );
  expect(said).toMatchObject({ batch: 'AGENTLOG_IO', deleted: 'AGENTLOG_IO', lost: [], twice: 0 });
});
