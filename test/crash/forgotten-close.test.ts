/** Hosts that end without closing the store. */
import { expect, test } from 'vitest';
import { runHost, startHost } from './support/host.js';
import { idsAndTexts, openStore, storePath, textsIn } from './support/stores.js';

const COUNT = 200;
const ALL = Array.from({ length: COUNT }, (_, n) => `text ${n}`);
const WRITE_ALL = `for (let n = 0; n < ${COUNT}; n++) log.write(entry('text ' + n));`;

/** Runs to its end a program that says nothing. */
async function ending(code: string, args: Record<string, unknown>) {
  return startHost(code, { args }).ended;
}

/** What a host does after its writes, in the same tick; how it ends. */
const ENDS: readonly [how: string, code: string, status: number, stderr: RegExp][] = [
  ['nothing is left to do', '', 0, /^$/],
  ['an error that nobody catches', `throw new Error('the host failed');`, 1, /the host failed/],
  ['process.exit()', 'process.exit(7);', 7, /^$/],
  ['a rejection that nobody handles', `Promise.reject(new Error('unhandled'));`, 1, /unhandled/],
  ['an error in a later tick', `setImmediate(() => { throw new Error('later'); });`, 1, /later/],
  [
    'process.exit() while a batch is on its way',
    'await log.append(entry("last")); setImmediate(() => { log.write(entry("later")); process.exit(0); }); await new Promise(() => {});',
    0,
    /^$/,
  ],
];

test.each(ENDS)('what write took is there after %s', async (_, code, status, stderr) => {
  const store = storePath();
  const ended = await ending(
    `const log = await openAgentLog(args.store, { segmentBytes: 65536 });
     await log.append(entry('first'));
     ${WRITE_ALL}
     ${code}`,
    { store },
  );
  expect(ended).toMatchObject({ status, signal: null });
  expect(ended.stderr).toMatch(stderr);
  const texts = await textsIn(store);
  expect(texts.slice(0, COUNT + 1)).toEqual(['first', ...ALL]);
});

test('what a listener of exit writes is there, whether it was added before the store was opened or later', async () => {
  const store = storePath();
  await ending(
    `let log;
     process.on('exit', () => log.write(entry('early')));
     log = await openAgentLog(args.store);
     process.on('exit', () => log.write(entry('late')));
     log.write(entry('text'));`,
    { store },
  );
  expect((await textsIn(store)).toSorted()).toEqual(['early', 'late', 'text']);
});

test('what write took before the first segment was made is there after process.exit()', async () => {
  const store = storePath();
  expect(
    await ending(`const log = await openAgentLog(args.store); ${WRITE_ALL} process.exit();`, { store }),
  ).toEqual({
    status: 0,
    signal: null,
    stderr: '',
  });
  expect(await textsIn(store)).toEqual(ALL);
});

const THREAD = `
  import { parentPort, workerData } from 'node:worker_threads';
  const { openAgentLog } = await import(workerData.agentlog);
  const entry = (text) => ({ taskId: 't', type: 'text', text });
  const log = await openAgentLog(workerData.store);`;

test('what write took in a worker thread is there after process.exit() in it', async () => {
  const store = storePath();
  const status = await runHost(
    `import { Worker } from 'node:worker_threads';
     const worker = new Worker(args.thread, { eval: true, workerData: { store: args.store, agentlog: AGENTLOG } });
     worker.on('exit', say).on('error', ({ stack }) => say(stack));`,
    { args: { store, thread: `${THREAD} ${WRITE_ALL} process.exit(4);` } },
  );
  expect(status).toBe(4);
  expect(await textsIn(store)).toEqual(ALL);
});

test('a worker thread that is terminated loses nothing that was acknowledged, and holds no lock', async () => {
  const store = storePath();
  const acknowledged = await runHost(
    `import { Worker } from 'node:worker_threads';
     const worker = new Worker(args.thread, { eval: true, workerData: { store: args.store, agentlog: AGENTLOG } });
     worker.on('error', ({ stack }) => say(stack));
     const ids = [];
     worker.on('message', (id) => { if (ids.push(id) === 300) worker.terminate(); });
     worker.on('exit', async () => {
       const recovered = [];
       const log = await openAgentLog(args.store, { on: { recover: ({ segment }) => recovered.push(segment) } });
       const found = new Set((await read(log)).map(([id]) => id));
       await log.close();
       say({ ids: ids.length, lost: ids.filter((id) => !found.has(id)), recovered: recovered.length });
     });`,
    {
      args: {
        store,
        thread: `${THREAD}
          const caller = async () => { for (;;) parentPort.postMessage(await log.append(entry('x'.repeat(100)))); };
          await Promise.all(Array.from({ length: 8 }, caller));`,
      },
    },
  );
  expect(acknowledged).toMatchObject({ lost: [], recovered: 1 });
  expect((acknowledged as { ids: number }).ids).toBeGreaterThanOrEqual(300);
});

test('an open store that has nothing to do lets its process end', async () => {
  const store = storePath();
  const reader = storePath();
  await (await openStore(reader)).close();
  const host = startHost(
    `const logs = [await openAgentLog(args.store), await openAgentLog(args.reader, { readOnly: true })];
     await logs[0].append(entry('one'));
     logs[0].write(null);
     process.removeAllListeners('warning');
     // Nothing that is only short, either: a timer of a second is not noticed by whoever waits for the end.
     say(process.getActiveResourcesInfo().filter((name) => name === 'Timeout'));`,
    { args: { store, reader } },
  );
  expect(await host.says()).toEqual([]);
  expect(await host.ended).toMatchObject({ status: 0, signal: null });
  expect(await textsIn(store)).toEqual(['one']);
});

test('a worker that waits for work lets its process end', async () => {
  const store = storePath();
  const host = startHost(
    `const log = await openAgentLog(args.store);
     await log.append(entry('one'));
     await log.compact();
     say({ leading: (await log.stats()).leading, heldBy: process.getActiveResourcesInfo().filter((name) => name === 'MessagePort') });`,
    { args: { store } },
  );
  expect(await host.says()).toEqual({ leading: true, heldBy: [] });
  expect(await host.ended).toMatchObject({ status: 0, signal: null });
  expect(await textsIn(store)).toEqual(['one']);
});

test('a SIGTERM that the host does not handle ends it, and loses nothing that was acknowledged', async () => {
  const store = storePath();
  const host = startHost(
    `const log = await openAgentLog(args.store, { segmentBytes: 65536 });
     const caller = async () => { for (;;) say(await log.append(entry('x'.repeat(200)))); };
     await Promise.all(Array.from({ length: 4 }, caller));`,
    { args: { store } },
  );
  const ids: unknown[] = [await host.says()];
  const many = new Promise<void>((resolve) => {
    host.onSaid = (id) => {
      if (ids.push(id) === 500) resolve();
    };
  });
  await many;
  host.signal('SIGTERM');
  expect(await host.ended).toEqual({ status: null, signal: 'SIGTERM', stderr: '' });
  const found = (await idsAndTexts(await openStore(store))).map(([id]) => id);
  expect(found).toEqual(expect.arrayContaining(ids));
});

test('there are no signal handlers, and one exit listener for all handles, which goes with the last', async () => {
  const store = storePath();
  const said = await runHost(
    `import { constants } from 'node:os';
     const listeners = () => ({
       exit: process.listenerCount('exit'),
       signals: Object.keys(constants.signals).filter((signal) => process.listenerCount(signal) > 0),
       others: ['beforeExit', 'uncaughtException', 'unhandledRejection'].filter((name) => process.listenerCount(name) > 0),
     });
     const before = listeners();
     const logs = [];
     for (let n = 0; n < 15; n++) logs.push(await openAgentLog(args.store));
     for (const log of logs) await log.append(entry('x'));
     const open = listeners();
     await Promise.all(logs.map((log) => log.close()));
     say({ before, open, after: listeners() });`,
    { args: { store } },
  );
  const { before, open, after } = said as Record<
    string,
    { exit: number; signals: string[]; others: string[] }
  >;
  // Node itself may have an exit listener.
  expect(before).toMatchObject({ signals: [], others: [] });
  expect(open).toEqual({ ...before, exit: before!.exit + 1 });
  expect(after).toEqual(before);
});
