/**
 * Who holds the lock of a file, without trying to take it: even a shared attempt would make that of a process fail that needs
 * it. The kernel tells in /proc/locks; where there is none, the process that a segment's header names is looked for.
 *
 * In a container only the locks of its own processes are listed: a writer in another container looks dead to it.
 */
import { readFileSync, statSync } from 'node:fs';
import { segmentHeader } from './segment-header.js';

const LOCKS = '/proc/locks';

export interface Holder {
  /** Undefined when the kernel does not name it. */
  readonly pid: number | undefined;
}

/** Undefined when nobody does. */
export function holderOf(path: string): Holder | undefined {
  let locks: string;
  try {
    locks = readFileSync(LOCKS, 'utf8');
  } catch {
    return writerNamedIn(path);
  }
  return holderIn(locks, statSync(path).ino);
}

/** By the inode alone: the device is another one in /proc/locks for some file systems. */
export function holderIn(locks: string, ino: number): Holder | undefined {
  for (const line of locks.split('\n')) {
    // 3: FLOCK  ADVISORY  WRITE 4242 08:01:131099 0 EOF; with an arrow those that wait for it.
    const [, kind, , , pid, file] = line.split(/\s+/);
    if (kind !== 'FLOCK' || file?.endsWith(`:${ino}`) !== true) continue;
    return { pid: Number(pid) > 0 ? Number(pid) : undefined };
  }
  return undefined;
}

function writerNamedIn(path: string): Holder | undefined {
  const header = segmentHeader(path);
  return header !== undefined && isRunningSince(header.pid, header.created) ? { pid: header.pid } : undefined;
}

/** Where nobody tells when a process began, one with this number counts. */
function isRunningSince(pid: number, time: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    // The directory of a process is of the moment at which it began.
    return statSync(`/proc/${pid}`).ctimeMs <= time + 1000;
  } catch {
    return true;
  }
}
