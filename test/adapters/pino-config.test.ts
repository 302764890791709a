/** How the logger calls things is known before its first line is read. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { runHost } from '../crash/support/host.js';
import { repositoryRoot } from '../package/support/paths.js';

const MODULE = pathToFileURL(join(repositoryRoot, 'dist/src/adapters/pino/host-config.js')).href;

/** Sees what comes through shared memory before it has had a single turn for messages. */
const THREAD = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { HostConfig } from ${JSON.stringify(MODULE)};
  const config = new HostConfig();
  Atomics.store(workerData, 0, 1);
  Atomics.notify(workerData, 0);
  Atomics.wait(workerData, 0, 1);
  const before = config.labelOf(35) + ' ' + config.messageKey;
  await config.settled();
  parentPort.postMessage([before, config.labelOf(35) + ' ' + config.messageKey, config.labelOf(30)]);
  process.exit();
`;

test.each([
  [
    { code: 'PINO_CONFIG', config: { levels: { labels: { 35: 'loud' } }, messageKey: 'message' } },
    'loud message',
    '30',
  ],
  [{ code: 'FLUSH' }, '35 msg', 'info'],
])('%j was sent before the lines', async (message, wanted, usual) => {
  const said = await runHost(
    `
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    const state = new Int32Array(new SharedArrayBuffer(4));
    const url = new URL('data:text/javascript,' + encodeURIComponent(args.thread));
    const worker = new Worker(url, { workerData: state });
    const answer = once(worker, 'message');
    Atomics.wait(state, 0, 0);
    worker.postMessage(args.message);
    Atomics.store(state, 0, 2);
    Atomics.notify(state, 0);
    say((await answer)[0]);`,
    { args: { thread: THREAD, message } },
  );
  expect(said).toEqual(['35 msg', wanted, usual]);
});
