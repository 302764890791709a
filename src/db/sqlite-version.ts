/**
 * Which releases of SQLite may write to a store.
 *
 * Up to 3.51.2, two connections that write and checkpoint at the same moment can make later checkpoints leave out parts
 * of the write-ahead log: committed rows are gone, and no check finds it. It was mended in 3.51.3, and in the branches
 * below; 3.52.0 was withdrawn.
 */
import { AgentLogError } from '../errors.js';

type Version = readonly [major: number, minor: number, patch: number];

const MENDED: Version = [3, 51, 3];
const MENDED_BRANCHES: readonly Version[] = [
  [3, 50, 7],
  [3, 44, 6],
];
const WITHDRAWN: Version = [3, 52, 0];

function isSafe(sqliteVersion: string): boolean {
  const version = parse(sqliteVersion);
  if (version === undefined || compare(version, WITHDRAWN) === 0) return false;
  const isInMendedBranch = MENDED_BRANCHES.some(
    (mended) => version[0] === mended[0] && version[1] === mended[1] && version[2] >= mended[2],
  );
  return isInMendedBranch || compare(version, MENDED) >= 0;
}

export function checkVersion(sqliteVersion: string): void {
  if (isSafe(sqliteVersion)) return;
  throw new AgentLogError(
    'AGENTLOG_SQLITE_UNSAFE',
    `better-sqlite3 brings SQLite ${sqliteVersion}, in which a checkpoint can lose committed rows; 3.51.3 and later, 3.50.7 and 3.44.6 do not have this defect. Until it is replaced, entries stay in segments. If this build was mended without a new number, the option allowUnsafeSqlite says so`,
  );
}

function parse(text: string): Version | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
