/**
 * How a database that was made anew takes the place of a damaged one, such that whoever looks, at any moment and after any
 * crash, finds one of the two, and never the log of one beside the other.
 *
 * The new one is complete once it has the name that ends in `.healed`. From then on it counts where there is no other: the
 * old one is brought out of the way first, then its log.
 */
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileIdentity, isThere } from './file-identity.js';

/** Old ones that are kept. */
const MOST_KEPT = 3;
/** SQLite takes these for what belongs to the file beside which they stand. */
const COMPANIONS = ['-wal', '-shm', '-journal'];
const KEPT = /^agent-log-\d+\.db$/;

/** While it is being made. */
export function unfinishedPath(path: string): string {
  return `${path}.healing`;
}

function healedPath(path: string): string {
  return `${path}.healed`;
}

/** Where the rows are: under another name for the moment in which one database takes the place of another. */
export function rowsPath(path: string): string {
  // Between two looks it may have got its name.
  return isThere(path) || !isThere(healedPath(path)) ? path : healedPath(path);
}

/** What an earlier attempt has left. */
export function removeUnfinished(path: string): void {
  const directory = dirname(path);
  const name = basename(unfinishedPath(path));
  for (const file of readdirSync(directory)) {
    if (file.startsWith(name)) rmSync(join(directory, file), { force: true });
  }
}

/** The one that was being made is closed, whole and synced. Nothing has changed for anybody yet. */
export function declareHealed(path: string): void {
  renameSync(unfinishedPath(path), healedPath(path));
  syncDirectory(dirname(path));
}

/** Where the database goes when another one takes its place; undefined when there is none. */
export function keptPath(path: string, quarantine: string): string | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status === undefined ? undefined : join(quarantine, `agent-log-${status.ino}.db`);
}

/**
 * Puts a new database in its place, if there is one; does what is left to do when that was begun before. Only the leader may
 * do it, and with no connection open.
 */
export function finishReplacing(path: string, quarantine: string): void {
  if (!isThere(healedPath(path))) return;
  setAside(path, quarantine);
  renameSync(healedPath(path), path);
  syncDirectory(dirname(path));
  evict(quarantine);
}

function setAside(path: string, quarantine: string): void {
  const kept = keptPath(path, quarantine);
  if (kept !== undefined) {
    // It may have got that name before a crash.
    if (fileIdentity(kept) !== fileIdentity(path)) {
      rmSync(kept, { force: true });
      linkSync(path, kept);
    }
    syncDirectory(quarantine);
    // From here on the new one is read: without its log the old one would be another than it was.
    unlinkSync(path);
  }
  const base = kept ?? newestFirst(quarantine)[0];
  for (const ending of COMPANIONS) {
    const companion = `${path}${ending}`;
    if (!isThere(companion)) continue;
    if (base === undefined) unlinkSync(companion);
    else renameSync(companion, `${base}${ending}`);
  }
  syncDirectory(quarantine);
  syncDirectory(dirname(path));
}

function evict(quarantine: string): void {
  for (const kept of newestFirst(quarantine).slice(MOST_KEPT)) {
    for (const ending of ['', ...COMPANIONS]) rmSync(`${kept}${ending}`, { force: true });
  }
  syncDirectory(quarantine);
}

/** By the time at which they came there: they got a name then. */
function newestFirst(quarantine: string): string[] {
  return readdirSync(quarantine)
    .filter((file) => KEPT.test(file))
    .map((file) => join(quarantine, file))
    .map((file) => ({ file, at: lstatSync(file).ctimeMs }))
    .sort((a, b) => b.at - a.at)
    .map(({ file }) => file);
}

export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
