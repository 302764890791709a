/**
 * The one program that a store starts beside its host's: the thread in which segments become rows, or a backup is made, and
 * the process in which queries run, with its thread. One file for all, as a bundled program must bring it along.
 * Threads read with synchronous calls, as nothing else waits for them.
 */
import { existsSync } from 'node:fs';
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { RowStore } from '../db/row-store.js';
import { queryArgument } from '../query/messages.js';
import { answerQueries } from '../query/query-thread.js';
import { watchQueries } from '../query/query-watch.js';
import { type Disk, nodeDisk } from '../segment/disk.js';
import { databasePath, searchMarkPath } from '../segment/store-directory.js';
import { toSent } from '../sent-error.js';
import { backUp } from './backup.js';
import { Compactor } from './compactor.js';
import {
  type BackupStart,
  type CompactorStart,
  type FromBackup,
  type FromWorker,
  PROTOCOL,
  type ToWorker,
  type WorkerStart,
} from './messages.js';

const disk: Disk = {
  call: async (name, ...args) => nodeDisk.callSync(name, ...args),
  callSync: (name, ...args) => nodeDisk.callSync(name, ...args),
};

function compact(start: CompactorStart, port: MessagePort): void {
  const tell = (message: FromWorker) => port.postMessage(message);
  const { paths, roundBytes, archiveBytes, fullText, allowUnsafeSqlite } = start;
  let hasIndex = false;
  const wantsIndex = () => fullText || existsSync(searchMarkPath(paths));
  const compactor = new Compactor({
    disk,
    paths,
    open: () => {
      hasIndex = wantsIndex();
      return RowStore.open(databasePath(paths), { fullText: hasIndex, allowUnsafeSqlite });
    },
    mustBeOpened: () => !hasIndex && wantsIndex(),
    roundBytes,
    archiveBytes,
    reports: {
      round: (round) => tell({ kind: 'round', round }),
      recovered: (path, verdict) => tell({ kind: 'recovered', path, verdict }),
      damaged: (damage) => tell({ kind: 'damaged', damage }),
      warning: (code, message, cause) =>
        tell({ kind: 'warning', code, message, cause: cause === undefined ? undefined : toSent(cause) }),
    },
  });
  let busy: Promise<void> = Promise.resolve();
  const then = (work: () => Promise<number>) => {
    busy = busy.then(work).then(
      (left) => tell({ kind: 'done', left, failure: undefined }),
      (error: unknown) => tell({ kind: 'done', left: 0, failure: toSent(error) }),
    );
  };
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'drain') {
      then(() => compactor.drain(message.goal));
      return;
    }
    compactor.finish();
    then(async () => {
      if (message.lastRound) await compactor.lastRound();
      return 0;
    });
    busy = busy.then(() => {
      compactor.close();
      port.close();
    });
  });
}

async function makeBackup({ paths, target }: BackupStart, port: MessagePort): Promise<void> {
  const tell = (message: FromBackup) => port.postMessage(message);
  try {
    const result = await backUp(disk, paths, target, (progress) => tell({ kind: 'progress', progress }));
    tell({ kind: 'done', result });
  } catch (error) {
    tell({ kind: 'failed', failure: toSent(error) });
  }
}

function work(start: WorkerStart | undefined, port: MessagePort): void {
  if (start?.protocol !== PROTOCOL) throw new Error(NOT_STARTED);
  if (start.task === 'compactor') compact(start, port);
  else if (start.task === 'backup') void makeBackup(start, port);
  else answerQueries(port);
}

const NOT_STARTED = 'this is the worker of agentlog, which a store starts, and of the same version as itself';

if (!isMainThread) work(workerData, parentPort!);
else if (process.argv[2] === queryArgument(PROTOCOL)) watchQueries({ task: 'query', protocol: PROTOCOL });
else throw new Error(NOT_STARTED);
