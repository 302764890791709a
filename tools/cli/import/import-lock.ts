/** One import at a time into a store: two would read the same position, and import the same entries. */
import { closeSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ioError } from '../../../src/errors.js';
import { nodeDisk } from '../../../src/segment/disk.js';
import { takeFileLock } from '../../../src/segment/file-lock.js';
import { runSync } from '../../../src/segment/steps.js';
import type { StorePaths } from '../../../src/segment/store-directory.js';
import { CliError } from '../errors.js';
import { holderOf } from '../store/lock-holders.js';

const PATIENCE_MS = 10_000;
const PID_DIGITS = 10;

/** To be taken before the store is opened, so that what the last one wrote is recovered then. Returns what releases it. */
export async function takeImportLock(paths: StorePaths): Promise<() => void> {
  const path = join(paths.locks, 'import.lock');
  try {
    const fd = runSync(nodeDisk, takeFileLock(path));
    if (fd === undefined)
      throw new CliError(
        `another import into ${paths.root} is running (process ${pidIn(path)}): wait for its end, and start this one again`,
      );
    await untilGone(pidIn(path), paths);
    writeSync(fd, String(process.pid).padEnd(PID_DIGITS), 0);
    return () => closeSync(fd);
  } catch (error) {
    throw error instanceof CliError ? error : ioError(`cannot take the lock ${path}`, error);
  }
}

/**
 * A process that dies gives up its locks one after the other. As long as it has that of its segment, the last batch in it is
 * that of a living writer, and seen by nobody.
 */
async function untilGone(pid: number, { segments }: StorePaths): Promise<void> {
  const begun = performance.now();
  while (pid > 0 && holdsSegment(pid, segments)) {
    // Another process has got its number.
    if (performance.now() - begun > PATIENCE_MS) return;
    await delay(1);
  }
}

function holdsSegment(pid: number, segments: string): boolean {
  return readdirSync(segments).some((name) => {
    if (!name.endsWith('.open')) return false;
    try {
      return holderOf(join(segments, name))?.pid === pid;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });
}

/** 0 when nobody was there before. */
function pidIn(path: string): number {
  return Number(readFileSync(path, 'latin1').trim() || 0);
}
