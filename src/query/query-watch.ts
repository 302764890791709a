/**
 * The main thread of a process for queries: it hands on what is asked and answered, and sees to the end of the process. As
 * SQLite runs in another thread, it can do so at any time; and as no thread can be ended that is inside of SQLite, the
 * process ends by SIGKILL.
 */
import { Worker } from 'node:worker_threads';
import type { FromQuery } from './messages.js';

/** A query that needs more is ended. */
const MOST_MEMORY = 1024 * 1024 * 1024;
const LOOK_MS = 100;

/** `start` is what the thread is given, which runs the same program. */
export function watchQueries(start: unknown): void {
  // The host has ended, however it did.
  process.on('disconnect', die);
  if (!process.connected) die();
  // A terminal or a supervisor sends these to all at once. It is the host's to decide, and its end is the end of this.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const thread = new Worker(process.argv[1]!, { workerData: start, name: 'agentlog' });
  process.on('message', (request) => thread.postMessage(request));
  thread.on('message', (message: FromQuery) => tell(message));
  const look = setInterval(() => {
    if (process.memoryUsage.rss() < MOST_MEMORY) return;
    clearInterval(look);
    tell({ kind: 'outgrown' }, die);
  }, LOOK_MS);
}

function tell(message: FromQuery, then: () => void = () => undefined): void {
  process.send!(message, undefined, undefined, then);
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
