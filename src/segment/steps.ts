/**
 * Procedures on files that run either way: a generator names the calls it needs, one after the other, and a runner
 * makes them, with promises or synchronously. So creating a segment for `append` and for `appendSync` is one text, and
 * one place to ask what happens when a call fails or the process dies between two of them.
 */
import { constants } from 'node:fs';
import { AgentLogError } from '../errors.js';
import type { Disk, DiskCall, DiskCalls } from './disk.js';

/** A call that a procedure wants made. */
interface Wanted {
  readonly name: DiskCall;
  readonly args: readonly unknown[];
}

export type Steps<Result> = Generator<Wanted, Result, unknown>;

const PAGE = 4096;
/** Calls that may have to wait for the disk, and not only for what the kernel knows of a directory in use. */
const WAITING: ReadonlySet<DiskCall> = new Set([
  'fdatasync',
  'fsync',
  'ftruncate',
  'rename',
  'link',
  'unlink',
]);

export function run<Result>(disk: Disk, steps: Steps<Result>): Promise<Result> {
  return drive(disk, steps, () => true);
}

/**
 * As `run`, for the opening of a store and its first segment: dozens of calls that only look or write a page into memory, of
 * which each takes a tenth of what a way through the thread pool and back takes.
 */
export function runBriskly<Result>(disk: Disk, steps: Steps<Result>): Promise<Result> {
  return drive(
    disk,
    steps,
    ({ name, args }) => WAITING.has(name) || (name === 'write' && Number(args[3]) > PAGE),
  );
}

async function drive<Result>(
  disk: Disk,
  steps: Steps<Result>,
  mayWait: (wanted: Wanted) => boolean,
): Promise<Result> {
  let step = steps.next();
  while (!step.done) {
    const { name, args } = step.value;
    let result: unknown;
    try {
      result = mayWait(step.value)
        ? await disk.call(name, ...(args as never))
        : disk.callSync(name, ...(args as never));
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(result);
  }
  return step.value;
}

export function runSync<Result>(disk: Disk, steps: Steps<Result>): Result {
  let step = steps.next();
  while (!step.done) {
    const { name, args } = step.value;
    let result: unknown;
    try {
      result = disk.callSync(name, ...(args as never));
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(result);
  }
  return step.value;
}

export function* call<Name extends DiskCall>(
  name: Name,
  ...args: Parameters<DiskCalls[Name]>
): Steps<ReturnType<DiskCalls[Name]>> {
  return (yield { name, args }) as ReturnType<DiskCalls[Name]>;
}

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY } = constants;

export const FOR_READING = O_RDONLY | O_NOFOLLOW;
export const FOR_CREATING = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
export const FOR_WRITING = O_RDWR | O_NOFOLLOW;

export const FILE_MODE = 0o600;
export const DIRECTORY_MODE = 0o700;

export function open(path: string, flags: number): Steps<number> {
  return call('open', path, flags, FILE_MODE);
}

/** For writing; made if it is not there. */
export function* openOrCreate(path: string): Steps<number> {
  for (;;) {
    try {
      return yield* open(path, FOR_WRITING);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    try {
      return yield* create(path);
    } catch (error) {
      // Another process has made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** A new file, for reading and writing. */
export function* create(path: string): Steps<number> {
  const fd = yield* open(path, FOR_CREATING);
  try {
    // The mode that open gave is less what the umask takes away.
    yield* call('fchmod', fd, FILE_MODE);
    return fd;
  } catch (error) {
    yield* call('close', fd);
    throw error;
  }
}

/** The bytes from `position` on, as many as there are and as `into` takes; a read that gives fewer goes on. */
export function* readFully(fd: number, into: Uint8Array, position: number): Steps<number> {
  let total = 0;
  while (total < into.length) {
    const read = yield* call('read', fd, into, total, into.length - total, position + total);
    if (read === 0) break;
    total += read;
  }
  return total;
}

/** All the bytes, or an error: a short count is what a full disk gives before ENOSPC, or a bad one before EIO. */
export function* writeFully(fd: number, bytes: Uint8Array, position: number): Steps<void> {
  const written = yield* call('write', fd, bytes, 0, bytes.length, position);
  if (written !== bytes.length) {
    // Only to hear why; even if the rest can be written now, something was wrong. A byte is left out, so that nothing
    // becomes whole by it: a mark would tell every reader that the batch before it counts, which its writer takes back.
    const rest = bytes.length - written - 1;
    if (rest > 0) yield* call('write', fd, bytes, written + 1, rest, position + written + 1);
    throw new AgentLogError(
      'AGENTLOG_DISK_FULL',
      `only ${written} of ${bytes.length} bytes could be written`,
    );
  }
}

const ZEROS = Buffer.alloc(1024 * 1024);
const LITTLE_SPACE = 256 * 1024;

/**
 * Little space is written page by page, which is slow, but the cache of the kernel then keeps it as single pages. What
 * was written at once is kept as one piece, and all of it counts as written again whenever a byte of it changes.
 */
export function* writeZeros(fd: number, from: number, to: number): Steps<void> {
  const piece = to - from <= LITTLE_SPACE ? PAGE : ZEROS.length;
  for (let at = from; at < to; ) {
    const next = Math.min(to, at - (at % piece) + piece);
    yield* writeFully(fd, ZEROS.subarray(0, next - at), at);
    at = next;
  }
}

/** Closes them all, even if closing one fails; then the first failure is thrown. */
export function* closeAll(fds: readonly number[]): Steps<void> {
  const failures: unknown[] = [];
  for (const fd of fds) {
    try {
      yield* call('close', fd);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** Makes the entries of a directory durable: files made, renamed or removed in it. */
export function* syncDirectory(path: string): Steps<void> {
  const fd = yield* call('open', path, O_RDONLY | O_DIRECTORY, 0);
  try {
    yield* call('fsync', fd);
  } finally {
    yield* call('close', fd);
  }
}

/** Whether `path` still leads to the open file: it may have been removed, or gone to another. */
export function* leadsTo(path: string, fd: number): Steps<boolean> {
  try {
    const [there, here] = [yield* call('lstat', path), yield* call('fstat', fd)];
    return there.ino === here.ino && there.dev === here.dev;
  } catch (error) {
    if (!isMissing(error)) throw error;
    return false;
  }
}

export function* isThere(path: string): Steps<boolean> {
  try {
    yield* call('lstat', path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The call failed because there is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
