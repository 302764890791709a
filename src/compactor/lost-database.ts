/** Whether there is no database although there must have been one: segments were let go of, as they had become rows. */
import { isThere } from '../db/file-identity.js';
import { rowsPath } from '../db/replacing.js';
import type { Disk } from '../segment/disk.js';
import { listSegments } from '../segment/segment-list.js';
import { runSync } from '../segment/steps.js';
import type { StorePaths } from '../segment/store-directory.js';

/** `path`: where it should be. */
export function isDatabaseLost(disk: Disk, paths: StorePaths, path: string): boolean {
  const hasAny = (directory: string) => runSync(disk, listSegments(directory)).length > 0;
  return !isThere(rowsPath(path)) && (hasAny(paths.archive) || hasAny(paths.quarantine));
}
