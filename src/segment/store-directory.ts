/**
 * The directory of a store: made once, with everything that an acknowledgement relies on synced before the manifest
 * says that there is a store, and checked before anything in it is touched.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AgentLogError, ioError } from '../errors.js';
import { checkFileSystem } from './file-system.js';
import { makeLivenessLock } from './liveness.js';
import { decodeManifest, encodeManifest, type Manifest } from './manifest.js';
import {
  call,
  create,
  DIRECTORY_MODE,
  FOR_READING,
  isMissing,
  open,
  readFully,
  type Steps,
  syncDirectory,
  writeFully,
} from './steps.js';

export interface StorePaths {
  readonly root: string;
  readonly segments: string;
  readonly locks: string;
  readonly archive: string;
  readonly quarantine: string;
}

export interface StoreDirectoryOptions {
  readonly readOnly: boolean;
  readonly allowForeignOwner: boolean;
  readonly allowUnsafeFilesystem: boolean;
}

export interface Store {
  readonly paths: StorePaths;
  readonly manifest: Manifest;
}

const MANIFEST = 'agentlog.json';
const DATABASE = 'agent-log.db';
const DATABASE_FILES = ['', '-wal', '-shm', '-journal'].map((ending) => `${DATABASE}${ending}`);
const WRITABLE_BY_ALL = 0o002;

export function manifestPath({ root }: StorePaths): string {
  return join(root, MANIFEST);
}

/** Of the rows. Nothing but SQLite opens the file, or those whose names begin with it. */
export function databasePath({ root }: StorePaths): string {
  return join(root, DATABASE);
}

/** Finds the store in `directory`, or makes it, with the directories above it. */
export function* openStoreDirectory(directory: string, options: StoreDirectoryOptions): Steps<Store> {
  const wanted = resolve(directory);
  try {
    const there = yield* nearestDirectory(wanted);
    if (!options.allowUnsafeFilesystem) checkFileSystem(there, (yield* call('statfs', there)).type);
    if (options.readOnly) {
      if (there !== wanted) throw noStore(wanted);
    } else yield* makeDirectories(wanted);
    // The directory may be reached through a link; what is inside may not be one.
    const root = yield* call('realpath', wanted);
    if (!options.allowForeignOwner) yield* checkOwner(root);
    for (const file of [MANIFEST, ...DATABASE_FILES]) yield* refuseLink(join(root, file));
    const store = yield* readManifest(root, options);
    if (store !== undefined) return store;
    if (options.readOnly) throw noStore(root);
    return yield* makeStore(root, options);
  } catch (error) {
    if (error instanceof AgentLogError) throw error;
    throw ioError(`cannot open the store ${wanted}`, error);
  }
}

/** The version of the format is checked before anything else is looked at, let alone locked or made. */
function* readManifest(root: string, options: StoreDirectoryOptions): Steps<Store | undefined> {
  const text = yield* readFile(join(root, MANIFEST));
  if (text === undefined) return undefined;
  const manifest = decodeManifest(text.toString(), join(root, MANIFEST), options.readOnly);
  const paths = pathsOf(root);
  if (options.readOnly) for (const path of inner(paths)) yield* checkInner(path, options);
  else yield* prepare(paths, options);
  for (const directory of [paths.segments, paths.locks]) yield* refuseLinksIn(directory);
  return { paths, manifest };
}

/** For whoever may write, and so finds out whether it can. */
function* prepare(paths: StorePaths, options: StoreDirectoryOptions): Steps<void> {
  try {
    for (const path of inner(paths)) yield* makeInner(path, options);
    // Whoever made the store may have been killed before it synced what it made.
    yield* syncDirectory(paths.root);
    yield* makeLivenessLock(paths.locks);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EROFS' && code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new AgentLogError(
      'AGENTLOG_READ_ONLY',
      `the store ${paths.root} cannot be written to (${message}); with the option readOnly it can be read`,
      { cause: error },
    );
  }
}

/** Throws when there is something that only a store with a manifest has: what it is, its manifest would have said. */
function* checkIsNew(root: string): Steps<void> {
  const paths = pathsOf(root);
  let held = '';
  for (const directory of [paths.segments, root]) {
    try {
      const files = yield* call('readdir', directory);
      held ||= files.find((file) => /\.(open|sealed|db)$/.test(file)) ?? '';
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  // Whoever makes the store at the same moment gives it its manifest before anything else.
  if (held === '' || (yield* readFile(join(root, MANIFEST))) !== undefined) return;
  throw new AgentLogError(
    'AGENTLOG_FORMAT',
    `${root} has no ${MANIFEST}, but ${held}: it is what an unfinished backup left behind, or a store that lost its manifest`,
  );
}

function* makeStore(root: string, options: StoreDirectoryOptions): Steps<Store> {
  yield* checkIsNew(root);
  for (const path of inner(pathsOf(root))) yield* makeInner(path, options);
  yield* syncAncestors(root);
  const path = join(root, MANIFEST);
  const unfinished = `${path}.${randomBytes(8).toString('hex')}.new`;
  const fd = yield* create(unfinished);
  try {
    yield* writeFully(fd, Buffer.from(encodeManifest()), 0);
    yield* call('fsync', fd);
    // Of several processes that make the store at once, one gives it its name.
    yield* call('link', unfinished, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    yield* call('close', fd);
    yield* call('unlink', unfinished);
  }
  const store = yield* readManifest(root, options);
  if (store === undefined) throw new AgentLogError('AGENTLOG_IO', `${path} was removed while it was made`);
  return store;
}

export function pathsOf(root: string): StorePaths {
  return {
    root,
    segments: join(root, 'segments'),
    locks: join(root, 'locks'),
    archive: join(root, 'archive'),
    quarantine: join(root, 'quarantine'),
  };
}

function inner({ segments, locks, archive, quarantine }: StorePaths): string[] {
  return [segments, locks, archive, quarantine];
}

function* makeInner(path: string, options: StoreDirectoryOptions): Steps<void> {
  yield* makeDirectory(path);
  yield* checkInner(path, options);
}

function* checkInner(path: string, { allowForeignOwner }: StoreDirectoryOptions): Steps<void> {
  const { mode } = yield* call('lstat', path);
  if ((mode & constants.S_IFMT) !== constants.S_IFDIR) {
    throw new AgentLogError('AGENTLOG_IO', `${path} is not a directory (nor may it be a link to one)`);
  }
  if (!allowForeignOwner) yield* checkOwner(path);
}

function* checkOwner(path: string): Steps<void> {
  const { uid, mode } = yield* call('lstat', path);
  const own = process.geteuid?.();
  if (own === undefined) return;
  const instead = 'The option allowForeignOwner opens it all the same';
  if (uid !== own) {
    throw new AgentLogError(
      'AGENTLOG_FOREIGN_OWNER',
      `${path} belongs to user ${uid}, and this process runs as user ${own}: files that it makes there could lock the owner out. ${instead}`,
    );
  }
  // A group is somebody's decision, and that of many users is their own.
  if ((mode & WRITABLE_BY_ALL) === 0) return;
  throw new AgentLogError(
    'AGENTLOG_FOREIGN_OWNER',
    `every user of this machine may write to ${path}, and so could replace what is logged; chmod o-w takes that right away. ${instead}`,
  );
}

/** Whoever opened a link would read or write what somebody has chosen who made it. What is opened later is no link either. */
function* refuseLink(path: string): Steps<void> {
  let mode: number;
  try {
    mode = (yield* call('lstat', path)).mode;
  } catch (error) {
    // Removed or renamed just now, or not made yet.
    if (isMissing(error)) return;
    throw error;
  }
  if ((mode & constants.S_IFMT) === constants.S_IFLNK)
    throw new AgentLogError(
      'AGENTLOG_IO',
      `${path} is a symbolic link, and what a store consists of may be none`,
    );
}

function* refuseLinksIn(directory: string): Steps<void> {
  for (const file of yield* call('readdir', directory)) yield* refuseLink(join(directory, file));
}

/** `path` itself or the first directory above it that is there. */
function* nearestDirectory(path: string): Steps<string> {
  try {
    yield* call('stat', path);
    return path;
  } catch (error) {
    if (!isMissing(error)) throw error;
    return yield* nearestDirectory(dirname(path));
  }
}

function* makeDirectories(path: string): Steps<void> {
  try {
    yield* call('stat', path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    yield* makeDirectories(dirname(path));
    yield* makeDirectory(path);
  }
}

/** False when something of this name was there already. */
export function* makeDirectory(path: string): Steps<boolean> {
  try {
    yield* call('mkdir', path, DIRECTORY_MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  // The mode that mkdir gave is less what the umask takes away. By name: it may have left no right to open the directory.
  yield* call('chmod', path, DIRECTORY_MODE);
  return true;
}

/** Any of them may have been made a moment ago, by this process or by another that was killed before it synced. */
function* syncAncestors(path: string): Steps<void> {
  for (let above = dirname(path); ; above = dirname(above)) {
    try {
      yield* syncDirectory(above);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A directory that cannot be read was not made by us; nor one on a read-only or special file system.
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS' && code !== 'EINVAL') throw error;
    }
    if (above === dirname(above)) return;
  }
}

function* readFile(path: string): Steps<Buffer | undefined> {
  let fd: number;
  try {
    fd = yield* open(path, FOR_READING);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc((yield* call('fstat', fd)).size);
    return bytes.subarray(0, yield* readFully(fd, bytes, 0));
  } finally {
    yield* call('close', fd);
  }
}

function noStore(path: string): AgentLogError {
  return new AgentLogError('AGENTLOG_NOT_FOUND', `there is no store in ${path}, and readOnly makes none`);
}
