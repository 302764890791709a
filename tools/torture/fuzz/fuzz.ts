/**
 * Whatever stands in a file, reading it comes to an end, and soon; gives nothing whose checksum is wrong; asks for no more
 * memory than is said; and fails with no error but those that are documented. In two threads, and but for the commands in memory.
 */
import { Worker } from 'node:worker_threads';
import type { Run, Suite } from '../suite.js';
import type { Orders, Told } from './fuzz-thread.js';
import { runRealCommands } from './real-commands.js';

const INPUTS = { short: 10_000, long: 1_000_000 } as const;
const THREADS = 2;
/** An input takes a millisecond; what takes so much longer, on however busy a machine, has no end. */
const HANGS_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 500;
const HEAP_MIB = 512;

export const fuzz: Suite = {
  name: 'fuzz',
  about:
    'arbitrary, mutated and forged segments, payloads, headers, ceilings, names, cursors and command lines to everything that reads them',
  async run(run) {
    const shared = new Int32Array(new SharedArrayBuffer(4 * (1 + THREADS)));
    await runRealCommands(run);
    const only = run.only === undefined ? undefined : Number(run.only);
    if (Number.isNaN(only)) return;
    const { seed, directory } = run;
    const orders = { seed, inputs: INPUTS[run.form], only, shared, directory };
    const threads = only === undefined ? THREADS : 1;
    await Promise.all(Array.from({ length: threads }, (_, thread) => runThread(run, { ...orders, thread })));
  },
};

async function runThread(run: Run, orders: Orders): Promise<void> {
  const { shared, thread } = orders;
  const at = () => shared[1 + thread]!;
  const worker = new Worker(new URL('./fuzz-thread.js', import.meta.url), {
    workerData: orders,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  let isDone = false;
  worker.on('message', ({ failed, done }: Told) => {
    if (failed !== undefined) run.fail(String(failed.input), failed.problem);
    if (done === undefined) return;
    isDone = true;
    for (const [kind, inputs] of Object.entries(done)) {
      run.count(kind, inputs);
      run.count('inputs', inputs);
    }
  });
  worker.on('error', (error) => run.fail(String(at()), error));
  let [last, since] = [-1, performance.now()];
  const watch = setInterval(() => {
    if (at() !== last) [last, since] = [at(), performance.now()];
    if (performance.now() - since < HANGS_AFTER_MS) return;
    run.fail(String(last), `it has not come to an end after ${HANGS_AFTER_MS} ms`);
    worker.terminate();
  }, LOOK_EVERY_MS);
  // Not `once` of node:events, which fails with the error that was told above.
  await new Promise((resolve) => worker.on('exit', resolve));
  clearInterval(watch);
  if (!isDone) run.fail(String(at()), 'the thread ended before all inputs were tried');
}
