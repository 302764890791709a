/** A round of the compactor in this thread: starting a worker for each of thousands of stores would take longer than its work. */
import { Compactor } from '../../../src/compactor/compactor.js';
import { finishReplacing } from '../../../src/db/replacing.js';
import { RowStore } from '../../../src/db/row-store.js';
import { nodeDisk } from '../../../src/segment/disk.js';
import { databasePath, pathsOf } from '../../../src/segment/store-directory.js';

const MIB = 1024 * 1024;

export async function compactHere(store: string, roundBytes = 64 * MIB): Promise<void> {
  const paths = pathsOf(store);
  const path = databasePath(paths);
  const wrong = (what: string, cause?: unknown) => {
    throw new Error(what, { cause });
  };
  const compactor = new Compactor({
    disk: nodeDisk,
    paths,
    open: () => {
      finishReplacing(path, paths.quarantine);
      return RowStore.open(path, { fullText: false, allowUnsafeSqlite: false });
    },
    roundBytes,
    archiveBytes: 256 * MIB,
    pause: 0,
    reports: {
      round: () => undefined,
      recovered: () => undefined,
      healing: () => undefined,
      healed: ({ reason }) => wrong(`had to be made anew: ${reason}`),
      damaged: ({ segment, reason }) => wrong(`called damaged: ${segment}: ${reason}`),
      warning: (code, message, cause) => wrong(`${code}: ${message}`, cause),
    },
  });
  try {
    const left = await compactor.drain('all');
    if (left > 0) wrong(`${left} segments were left out`);
  } finally {
    compactor.close();
  }
}
