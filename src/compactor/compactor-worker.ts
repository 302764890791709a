/**
 * The one program that a store starts beside its host's: the thread in which segments become rows, or a backup is made, and
 * the process in which queries run, with its thread. One file for all, as a bundled program must bring it along.
 * Threads read with synchronous calls, as nothing else waits for them.
 */
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { RowStore } from '../db/row-store.js';
import { queryArgument } from '../query/messages.js';
import { answerQueries } from '../query/query-thread.js';
import { watchQueries } from '../query/query-watch.js';
import { salvageIn } from '../query/salvage-in.js';
import { type Disk, nodeDisk } from '../segment/disk.js';
import { hasMark } from '../segment/marks.js';
import { runSync } from '../segment/steps.js';
import { databasePath } from '../segment/store-directory.js';
import { toSent } from '../sent-error.js';
import { backUp } from './backup.js';
import { Compactor } from './compactor.js';
import { Healing } from './healing.js';
import {
  type CompactorStart,
  type FromTask,
  type FromWorker,
  PROTOCOL,
  type TaskStart,
  type ToWorker,
  type WorkerStart,
} from './messages.js';
import { verify } from './verify.js';

const disk: Disk = {
  call: async (name, ...args) => nodeDisk.callSync(name, ...args),
  callSync: (name, ...args) => nodeDisk.callSync(name, ...args),
};

function compact(start: CompactorStart, port: MessagePort): void {
  const tell = (message: FromWorker) => port.postMessage(message);
  const { program, paths, roundBytes, archiveBytes, fullText, allowUnsafeSqlite } = start;
  const path = databasePath(paths);
  let hasIndex = false;
  const wantsIndex = () => fullText || runSync(disk, hasMark(paths, 'search.wanted'));
  const healing = new Healing({
    disk,
    paths,
    path,
    quarantine: paths.quarantine,
    roundBytes,
    salvage: () => salvageIn(program, PROTOCOL, path),
    make: (unfinished, hadFullText) =>
      RowStore.open(unfinished, { fullText: hadFullText || wantsIndex(), allowUnsafeSqlite }),
  });
  const compactor = new Compactor({
    disk,
    paths,
    open: () => {
      healing.finish();
      hasIndex = wantsIndex();
      return RowStore.open(path, { fullText: hasIndex, allowUnsafeSqlite });
    },
    healing,
    mustBeOpened: () => !hasIndex && wantsIndex(),
    roundBytes,
    archiveBytes,
    reports: {
      round: (round) => tell({ kind: 'round', round }),
      recovered: (path, verdict) => tell({ kind: 'recovered', path, verdict }),
      damaged: (damage) => tell({ kind: 'damaged', damage }),
      healing: (progress) => tell({ kind: 'healing', progress }),
      healed: (event) => tell({ kind: 'healed', event }),
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

async function runTask(start: TaskStart, port: MessagePort): Promise<void> {
  const tell = (message: FromTask<unknown, unknown>) => port.postMessage(message);
  const progress = (done: unknown) => tell({ kind: 'progress', progress: done });
  const { paths } = start;
  try {
    const result =
      start.task === 'backup'
        ? await backUp(disk, paths, start.target, progress)
        : await verify(disk, paths, progress);
    tell({ kind: 'done', result });
  } catch (error) {
    tell({ kind: 'failed', failure: toSent(error) });
  }
}

function work(start: WorkerStart | undefined, port: MessagePort): void {
  if (start?.protocol !== PROTOCOL) throw new Error(NOT_STARTED);
  if (start.task === 'compactor') compact(start, port);
  else if (start.task === 'query') answerQueries(port);
  else void runTask(start, port);
}

const NOT_STARTED = 'this is the worker of agentlog, which a store starts, and of the same version as itself';

if (!isMainThread) work(workerData, parentPort!);
else if (process.argv[2] === queryArgument(PROTOCOL)) watchQueries({ task: 'query', protocol: PROTOCOL });
else throw new Error(NOT_STARTED);
