/** A backup, as the thread sees it that asked for it. */
import type { CancelSignal } from '../cancel-signal.js';
import { fromSent } from '../sent-error.js';
import type { BackupProgress, BackupResult } from './api.js';
import { asAgentLogError } from './failure.js';
import type { BackupStart, FromBackup } from './messages.js';
import { startWorker } from './worker-link.js';

interface Options {
  readonly signal?: CancelSignal | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

/** In a thread of its own: it reads all there is. Aborting ends it where it is; what it has made so far is no store. */
export async function runBackup(
  worker: string,
  start: BackupStart,
  { signal, onProgress }: Options,
): Promise<BackupResult> {
  signal?.throwIfAborted();
  const thread = startWorker(worker, start);
  const stop = () => void thread.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<BackupResult>((resolve, reject) => {
      thread.on('message', (message: FromBackup) => {
        if (message.kind === 'progress') {
          try {
            onProgress?.(message.progress);
          } catch (error) {
            reject(error);
            stop();
          }
        }
        if (message.kind === 'done') resolve(message.result);
        if (message.kind === 'failed')
          reject(asAgentLogError('the backup failed', fromSent(message.failure)));
      });
      thread.on('error', (error) => reject(asAgentLogError('the backup failed', error)));
      thread.on('exit', () => {
        const byItself = () => asAgentLogError('the backup failed', new Error('its thread ended by itself'));
        reject(signal?.aborted ? signal.reason : byItself());
      });
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
