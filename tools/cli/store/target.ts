/** What a path leads to: a store, a segment, or something else, of which a sentence says what it is. */
import { closeSync, type Dirent, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { printableName } from '../../../src/printable.js';
import { MAGIC } from '../../../src/segment/layout.js';
import { parseSegmentName } from '../../../src/segment/segment-name.js';
import { CliError } from '../errors.js';
import { movedTo } from './moved-segment.js';

const MANIFEST = 'agentlog.json';
/** Whoever opens a store to write makes those that it lacks, and whoever looks makes nothing. */
const DIRECTORIES = ['segments', 'archive', 'quarantine', 'locks'];
const SQLITE = 'SQLite format 3\0';

export type Target = 'store' | 'segment';

/** Throws a sentence for what is neither. */
export function targetAt(path: string): Target {
  let status: Stats;
  try {
    status = statSync(path);
  } catch (error) {
    throw unreachable(path, error);
  }
  if (!status.isDirectory()) {
    // To open what is no file, as a named pipe, may wait for ever.
    if (!status.isFile()) throw new CliError(`${path} is no file, and no segment`);
    const what = fileAt(path);
    if (what === 'segment') return 'segment';
    throw new CliError(`${path} is ${what}, and no segment`);
  }
  const entries = listed(path);
  if (entries.some(({ name }) => name === MANIFEST)) {
    const missing = DIRECTORIES.filter((name) => !entries.some((entry) => entry.name === name));
    if (missing.length === 0) return 'store';
    const all = missing.map((name) => `${name}/`).join(' and ');
    throw new CliError(
      `${path} is a store without ${all}, as copies are that leave out empty directories; with ${missing.length === 1 ? 'an empty one' : 'empty ones'} in ${missing.length === 1 ? 'its' : 'their'} place what is there can be read`,
    );
  }
  throw new CliError(`${path} is ${directoryOf(path, entries)}`);
}

export function requireStore(path: string): void {
  if (targetAt(path) === 'segment')
    throw new CliError(`${path} is a segment, and a store is wanted: the directory with ${MANIFEST} in it`);
}

export function requireSegment(path: string): void {
  if (targetAt(path) === 'store')
    throw new CliError(
      `${path} is a store, and one of its segments is wanted: agentlog ls ${path} lists them`,
    );
}

function directoryOf(path: string, entries: readonly Dirent[]): string {
  if (isStore(join(path, '..'))) return `a directory within a store; is ${join(path, '..')} meant?`;
  if (entries.length === 0) return `an empty directory, and no store: it has no ${MANIFEST}`;
  const inner = entries
    .filter((entry) => entry.isDirectory() && isStore(join(path, entry.name)))
    .map(({ name }) => join(path, printableName(name)));
  if (inner.length > 0) return `no store; is ${inner.slice(0, 3).join(' or ')} meant?`;
  if (entries.some(({ name }) => name === 'segments' || name === 'agent-log.db'))
    return `no store: it has no ${MANIFEST}; it is what an unfinished backup left behind, or a store that lost it`;
  return `no store: it has no ${MANIFEST}`;
}

function isStore(directory: string): boolean {
  return statSync(join(directory, MANIFEST), { throwIfNoEntry: false })?.isFile() === true;
}

function listed(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    throw unreachable(path, error);
  }
}

function fileAt(path: string): string {
  if (parseSegmentName(basename(path)) !== undefined) return 'segment';
  const head = Buffer.alloc(64);
  let length: number;
  try {
    const fd = openSync(path, 'r');
    try {
      length = readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw unreachable(path, error);
  }
  const begins = (bytes: Uint8Array) => Buffer.compare(head.subarray(0, bytes.length), bytes) === 0;
  if (begins(MAGIC)) return 'segment';
  if (length === 0) return 'an empty file';
  if (begins(Buffer.from(SQLITE))) return 'an SQLite database';
  if (basename(path) === MANIFEST) return 'the manifest of a store (the store is its directory)';
  if (/^\s*[{[]/.test(head.toString('utf8', 0, length))) return 'a JSON file';
  return 'some other file';
}

export function unreachable(path: string, error: unknown): CliError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const now = movedTo(path);
    const where = now === undefined ? inFull(path) : ` any more: it is ${now} now`;
    return new CliError(`there is no ${path}${where}`, 1, error);
  }
  if (code === 'EACCES' || code === 'EPERM')
    return new CliError(`${path} may not be read by this user`, 1, error);
  return new CliError(`${path} cannot be read: ${message}`, 1, error);
}

/** `ls` shows how the names begin. */
function inFull(path: string): string {
  return /^\d{4}-[0-9A-Z]{13}$/.test(basename(path))
    ? `; of a segment the whole path is wanted, as STORE/segments/${basename(path)}-….open`
    : '';
}
