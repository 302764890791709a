/**
 * Whether the writer of a segment lives: it holds the lock of its file for as long as it may write to it.
 *
 * Asking means trying to take the lock, and while one process tries, another that asks finds it taken and would think
 * the writer alive. So whoever asks holds `locks/liveness.lock`, for the few microseconds that it takes.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentLogError } from '../errors.js';
import type { Disk } from './disk.js';
import { call, FOR_READING, isMissing, leadsTo, openOrCreate, runSync, type Steps } from './steps.js';

/** 'missing': there is no such file any more; it was renamed or removed. */
export type Liveness = 'live' | 'gone' | 'missing';

const LOCK = 'liveness.lock';
const LONGEST_WAIT_MS = 10_000;

/** Asks about every path at one moment. `onGone` is called while the lock of a dead writer's file is held. */
export async function whoLives(
  disk: Disk,
  locks: string,
  paths: readonly string[],
  onGone?: (path: string) => void,
): Promise<Liveness[]> {
  if (paths.length === 0) return [];
  const path = join(locks, LOCK);
  const fd = openAsker(disk, path);
  // Who cannot ask counts what is proven, as of a living writer.
  if (fd === undefined) return paths.map(() => 'live');
  try {
    for (let waited = 0; !disk.callSync('flock', fd); waited++) {
      if (waited > LONGEST_WAIT_MS) {
        throw new AgentLogError(
          'AGENTLOG_IO',
          `another process holds ${path} and does not let go; was it stopped?`,
        );
      }
      await delay(1);
    }
    return paths.map((file) => ask(disk, file, onGone));
  } finally {
    disk.callSync('close', fd);
  }
}

/** Made by whoever may write to the store, before anybody needs it. */
export function* makeLivenessLock(locks: string): Steps<void> {
  yield* call('close', yield* openOrCreate(join(locks, LOCK)));
}

/** The right to read is enough to lock. Undefined when even that is missing. */
function openAsker(disk: Disk, path: string): number | undefined {
  try {
    return disk.callSync('open', path, FOR_READING, 0);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOENT') return undefined;
    throw error;
  }
}

function ask(disk: Disk, path: string, onGone?: (path: string) => void): Liveness {
  let fd: number;
  try {
    fd = disk.callSync('open', path, FOR_READING, 0);
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
  try {
    if (!disk.callSync('flock', fd)) return 'live';
    // The name may have gone to another file between opening and locking, or have been taken away.
    if (!runSync(disk, leadsTo(path, fd))) return 'missing';
    onGone?.(path);
    return 'gone';
  } finally {
    disk.callSync('close', fd);
  }
}
