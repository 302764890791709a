/** Several handles of one store in one process, in its main thread and in worker threads. */
import { expect, test } from 'vitest';
import { runHost } from './support/host.js';
import { idsAndTexts, openStore, storePath } from './support/stores.js';

test('two handles and a worker thread of one process append to one store and read each other', async () => {
  const store = storePath();
  const said = await runHost(
    `
    import { Worker } from 'node:worker_threads';
    const threadCode = \`
      import { parentPort, workerData } from 'node:worker_threads';
      import(workerData.agentlog).then(async ({ openAgentLog }) => {
        const log = await openAgentLog(workerData.store);
        const ids = [];
        for (let n = 0; n < 50; n++) ids.push(await log.append({ taskId: 't', type: 'text', text: 'thread ' + n }));
        parentPort.postMessage({ ids, slot: (await log.stats()).slot });
        parentPort.once('message', async () => { await log.close(); });
      });\`;

    const logs = [await openAgentLog(args.store), await openAgentLog(args.store)];
    const worker = new Worker(threadCode, { eval: true, workerData: { store: args.store, agentlog: AGENTLOG } });
    const thread = new Promise((resolve, reject) => { worker.once('message', resolve).once('error', reject); });
    const own = logs.map(async (log, h) => {
      const ids = [];
      for (let n = 0; n < 50; n++) ids.push(n % 5 === 0 ? log.appendSync(entry(h + ' ' + n)) : await log.append(entry(h + ' ' + n)));
      return { ids, slot: (await log.stats()).slot };
    });
    const writers = await Promise.all([...own, thread]);
    const counts = [];
    for (const log of logs) counts.push((await read(log)).length);
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('close');
    const status = await ended;
    await Promise.all(logs.map((log) => log.close()));
    say({ writers, counts, status });`,
    { args: { store } },
  );
  const { writers, counts, status } = said as {
    writers: { ids: string[]; slot: number }[];
    counts: number[];
    status: number;
  };
  expect(status).toBe(0);
  expect(counts).toEqual([150, 150]);
  expect(writers.map(({ slot }) => slot).sort()).toEqual([0, 1, 2]);
  const found = await idsAndTexts(await openStore(store, { readOnly: true }));
  expect(found.map(([id]) => id)).toEqual(writers.flatMap(({ ids }) => ids).sort());
});
