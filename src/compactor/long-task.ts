/** Something long that a thread of its own does, as the thread sees it that asked for it. */
import type { CancelSignal } from '../cancel-signal.js';
import { fromSent } from '../sent-error.js';
import { asAgentLogError } from './failure.js';
import type { FromTask, TaskStart } from './messages.js';
import { startWorker } from './worker-link.js';

interface Options<Progress> {
  readonly signal?: CancelSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Aborting ends it where it is; if that is inside of SQLite, its thread ends a little later. `what`: for messages. */
export async function runTask<Progress, Result>(
  what: string,
  worker: string,
  start: TaskStart,
  { signal, onProgress }: Options<Progress>,
): Promise<Result> {
  signal?.throwIfAborted();
  const thread = startWorker(worker, start);
  const failed = (error: unknown) => asAgentLogError(`the ${what} failed`, error);
  let stop = (): void => undefined;
  try {
    return await new Promise<Result>((resolve, reject) => {
      stop = () => {
        reject(signal?.reason);
        void thread.terminate();
      };
      signal?.addEventListener('abort', stop, { once: true });
      thread.on('message', (message: FromTask<Progress, Result>) => {
        if (message.kind === 'progress') {
          try {
            onProgress?.(message.progress);
          } catch (error) {
            reject(error);
            void thread.terminate();
          }
        }
        if (message.kind === 'done') resolve(message.result);
        if (message.kind === 'failed') reject(failed(fromSent(message.failure)));
      });
      thread.on('error', (error) => reject(failed(error)));
      thread.on('exit', () => reject(failed(new Error('its thread ended by itself'))));
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
