/**
 * Keeps two set-ups of the same checkout apart. The lock is a file that its holder touches every second: a holder
 * that was killed is known by its pid, one in another container by the silence.
 */
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { say } from './progress.mjs';

const SILENT_MS = 60_000;

/**
 * @param {string} file
 * @param {() => Promise<number>} work
 */
export async function alone(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  for (let told = false; !take(file); ) {
    if (isStale(file)) removeStale(file);
    else {
      if (!told) say(`another set-up is at work here (process ${holder(file)}); waiting for it`);
      told = true;
      await delay(200);
    }
  }
  const touch = setInterval(
    () => holder(file) === process.pid && utimesSync(file, new Date(), new Date()),
    1000,
  );
  try {
    return await work();
  } finally {
    clearInterval(touch);
    // A holder that slept too long may have been taken for dead and replaced.
    if (holder(file) === process.pid) rmSync(file, { force: true });
  }
}

/** @param {string} file */
function holder(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param {string} file */
function take(file) {
  // Written aside and linked, so that nobody ever reads a lock without a pid.
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** @param {string} file */
function isStale(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > SILENT_MS) return true;
    const pid = holder(file);
    if (pid !== undefined) process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** @param {string} file */
function removeStale(file) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    // Between the look and the rename another set-up may have replaced the dead one: then that lock goes back.
    if (!isStale(aside)) linkSync(aside, file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}
