/**
 * The one file that loads a native lock. `fs-ext` and `fs-ext-extra-prebuilt` are the same binding of flock(2), so
 * either excludes the other's locks; there is never a second kind of lock.
 *
 * Nothing here ever waits: a blocking flock holds a thread of libuv's pool for as long as another process likes.
 * Loading is lazy and synchronous, because the package must stay loadable with `require()`.
 */
import { isMainThread } from 'node:worker_threads';
import { nativeRequire } from '../bundled.js';
import { AgentLogError } from '../errors.js';
import { asError, firstLine, nativeMissing, thisNode } from '../native-missing.js';

export type LockPackage = 'fs-ext' | 'fs-ext-extra-prebuilt';

/** Versions to install where a package is absent: those of this package's own optionalDependencies. */
export const LOCK_VERSIONS: Readonly<Record<LockPackage, string>> = {
  'fs-ext': '2.1.1',
  'fs-ext-extra-prebuilt': '2.2.7',
};

interface Flock {
  readonly packageName: LockPackage;
  flockSync(fd: number, operation: 'exnb' | 'un'): void;
}

interface Loading {
  readonly require: NodeJS.Require;
  readonly thread: 'main' | 'worker';
}

let loaded: Flock | undefined;

/** Takes the exclusive lock of the file behind `fd`. False when another open file description holds it. */
export function tryLockExclusive(fd: number): boolean {
  return flock(fd, 'exnb');
}

/** Closing the last descriptor of the open file description releases the lock as well. */
export function unlock(fd: number): void {
  flock(fd, 'un');
}

/** Which package serves in this thread. */
export function lockPackage(): LockPackage {
  return binding().packageName;
}

function flock(fd: number, operation: 'exnb' | 'un'): boolean {
  if (!Number.isInteger(fd) || fd < 0)
    throw new TypeError(`A file descriptor was expected, not ${String(fd)}`);
  const { flockSync } = binding();
  for (;;) {
    try {
      flockSync(fd, operation);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EINTR') continue;
      if (operation === 'exnb' && (code === 'EAGAIN' || code === 'EWOULDBLOCK')) return false;
      const message = `flock of file descriptor ${fd} failed: ${asError(error).message}`;
      throw new AgentLogError('AGENTLOG_IO', message, { cause: error });
    }
  }
}

function binding(): Flock {
  // A failure is not kept: whoever mends the installation need not restart a process that tries again.
  loaded ??= loadFlock({
    require: nativeRequire(),
    thread: isMainThread ? 'main' : 'worker',
  });
  return loaded;
}

/** The first lock package that works. Exported for the tests, which hand it a `require` of their own. */
export function loadFlock({ require, thread }: Loading): Flock {
  // fs-ext 2.1.1 keeps V8 handles in static variables: loaded by a second thread, it ends the process.
  const candidates: readonly LockPackage[] =
    thread === 'main' ? ['fs-ext', 'fs-ext-extra-prebuilt'] : ['fs-ext-extra-prebuilt'];
  const attempts: Error[] = [];
  for (const packageName of candidates) {
    try {
      const { flockSync } = require(packageName) as Partial<Flock>;
      if (typeof flockSync !== 'function') throw new Error('it has no flockSync()');
      return { packageName, flockSync };
    } catch (error) {
      attempts.push(new Error(`${packageName}: ${firstLine(asError(error).message)}`, { cause: error }));
    }
  }
  const where = thread === 'main' ? '' : ', in a worker thread, where fs-ext would crash the process';
  const present = candidates.filter((packageName) => isPresent(require, packageName));
  throw nativeMissing({
    summary: `agentlog has no file lock: no package that offers flock(2) works on ${thisNode()}${where}.`,
    defect: present.length > 0 ? 'binary' : 'absent',
    packages: (present.length > 0 ? present : candidates).map((name) => `${name}@${LOCK_VERSIONS[name]}`),
    attempts,
  });
}

function isPresent(require: NodeJS.Require, packageName: LockPackage): boolean {
  try {
    require.resolve(`${packageName}/package.json`);
    return true;
  } catch {
    return false;
  }
}
