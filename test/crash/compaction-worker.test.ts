/** The thread that compacts, when it dies; and threads and handles that share a process, and a store. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../package/support/paths.js';
import { tempDir } from '../package/support/temp-dir.js';
import { inspectDatabase, SOUND, waitingSegments } from './support/database.js';
import { runHost } from './support/host.js';
import { storePath } from './support/stores.js';

const WORKER = pathToFileURL(join(repositoryRoot, 'dist/src/compactor/compactor-worker.js')).href;

interface Moment {
  readonly after: number;
  /** What it says before it dies; otherwise it dies after it was told to work. */
  readonly says?: string;
}

/** The worker, but the first of them dies, so many milliseconds after a moment. */
function mortalWorker(death: string, moment: Moment): string {
  const directory = tempDir();
  const program = join(directory, 'worker.mjs');
  writeFileSync(
    program,
    `import { existsSync, writeFileSync } from 'node:fs';
     import { parentPort } from 'node:worker_threads';
     const mark = new URL('./died', import.meta.url);
     if (!existsSync(mark)) {
       const { after, says } = ${JSON.stringify(moment)};
       const die = () => { writeFileSync(mark, ''); ${death} };
       if (says === undefined) parentPort.once('message', () => setTimeout(die, after));
       else {
         const tell = parentPort.postMessage.bind(parentPort);
         parentPort.postMessage = (message) => { tell(message); if (message.kind === says) setTimeout(die, after); };
       }
     }
     await import(${JSON.stringify(WORKER)});`,
  );
  return pathToFileURL(program).href;
}

const THROWS = `throw new Error('this thread must die');`;

const PROGRAM = `
  const warnings = [];
  const damages = [];
  const log = await openAgentLog(args.store, {
    segmentBytes: 65536,
    worker: new URL(args.worker),
    on: { warning: ({ code, message }) => warnings.push([code, message]), damage: (damage) => damages.push(damage) },
  });
  const detail = { group: 0, of: 1 };
  const append = () => log.appendBatch(Array.from({ length: 2000 }, (_, n) => ({ ...entry(n + 'x'.repeat(500)), detail })));
  const ids = await append();
  const first = await codeOf(log.compact());
  ids.push(...await append());
  while ((await log.stats()).leading && args.idle) await new Promise((resolve) => setTimeout(resolve, 5));
  const second = await codeOf(log.compact());
  const { backlog, leading } = await log.stats();
  const found = (await read(log)).map(([id]) => id);
  await log.close();
  say({ ids, found, first: first.code ?? 'ok', second: second.code ?? 'ok', warnings, damages, backlog, leading });`;

interface Said {
  readonly ids: string[];
  readonly found: string[];
  readonly warnings: [code: string, message: string][];
}

async function checkRows(store: string, ids: readonly string[]): Promise<void> {
  expect(waitingSegments(store)).toEqual([]);
  const { rows, inspected } = await inspectDatabase(store);
  expect(inspected).toEqual({ ...SOUND, state: 'closed' });
  expect(rows.map(({ id }) => id)).toEqual(ids);
}

test.each([
  ['throws', THROWS, 0, 'this thread must die'],
  ['throws in a pause of its work', THROWS, 15, 'this thread must die'],
  ['exits', 'process.exit(3);', 0, 'ended by itself, with the exit code 3'],
])('a worker that %s is replaced, and told of once', async (_, death, after, message) => {
  const store = storePath();
  const worker = mortalWorker(death, { after });
  const { ids, found, warnings, ...rest } = (await runHost(PROGRAM, { args: { store, worker } })) as Said;
  expect(rest).toMatchObject({ second: 'ok', damages: [], backlog: { segments: 0 }, leading: true });
  // A worker that was done before it died fails nobody.
  const told = (rest as { first?: string }).first === 'ok' ? [] : ['AGENTLOG_COMPACTION'];
  expect(warnings.map(([code]) => code)).toEqual(told);
  for (const [, text] of warnings) expect(text).toContain(message);
  if (after === 0) expect(told).toHaveLength(1);
  expect(found).toEqual(ids);
  await checkRows(store, ids);
});

test('a worker that dies when it has nothing to do is replaced when there is something', async () => {
  const store = storePath();
  const worker = mortalWorker(THROWS, { after: 100, says: 'done' });
  const { ids, found, ...rest } = (await runHost(PROGRAM, { args: { store, worker, idle: true } })) as Said;
  expect(rest).toMatchObject({ first: 'ok', second: 'ok', warnings: [], damages: [] });
  expect(found).toEqual(ids);
  await checkRows(store, ids);
});

test('handles in one thread, and in others of the process, share a store', async () => {
  const store = storePath();
  const thread = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { openAgentLog } = await import(workerData.agentlog);
    const warnings = [];
    const log = await openAgentLog(workerData.store, { segmentBytes: 65536, on: { warning: ({ message }) => warnings.push(message) } });
    const ids = [];
    const detail = { group: 0, of: 1 };
    for (let round = 0; round < 8; round++) {
      for (let n = 0; n < 15; n++) ids.push(await log.append({ taskId: 'thread', type: 'text', text: 'x'.repeat(2000), detail }));
      await log.compact();
    }
    await log.close();
    parentPort.postMessage({ ids, warnings });`;
  const said = await runHost(
    `import { once } from 'node:events';
     import { Worker } from 'node:worker_threads';
     const threads = [1, 2].map(() => once(new Worker(args.thread, { eval: true, workerData: { store: args.store, agentlog: AGENTLOG } }), 'message'));
     const detail = { group: 0, of: 1 };
     const main = async () => {
       const warnings = [];
       const log = await openAgentLog(args.store, { segmentBytes: 65536, on: { warning: ({ message }) => warnings.push(message) } });
       const ids = [];
       for (let round = 0; round < 8; round++) {
         for (let n = 0; n < 15; n++) ids.push(await log.append({ ...entry('x'.repeat(2000)), detail }));
         await log.compact();
         const found = new Set((await read(log)).map(([id]) => id));
         for (const id of ids) if (!found.has(id)) warnings.push('not read: ' + id);
       }
       await log.close();
       return [{ ids, warnings }];
     };
     const all = (await Promise.all([main(), main(), ...threads])).flat();
     say({ ids: all.flatMap(({ ids }) => ids), warnings: all.flatMap(({ warnings }) => warnings) });`,
    { args: { store, thread } },
  );
  const { ids, warnings } = said as { ids: string[]; warnings: string[] };
  expect(warnings).toEqual([]);
  expect(ids).toHaveLength(4 * 8 * 15);
  await checkRows(store, ids.toSorted());
});
