/** Opens a store to look at it: locks nothing, makes nothing. */
import { join } from 'node:path';
import type { AgentLog } from '../../../src/api.js';
import type { AgentLogListeners } from '../../../src/events.js';
import { openOn, USUAL } from '../../../src/handle.js';
import { checkOptions } from '../../../src/options.js';
import type { CommonOptions } from '../definition.js';
import { diskWithArchive } from './archive-disk.js';
import { findStore } from './find-store.js';
import { lookingDisk } from './looking-disk.js';
import { requireStore } from './target.js';

function optionsFor({ allowForeignOwner }: CommonOptions, on: AgentLogListeners = {}) {
  // A network file system is dangerous for whoever writes.
  return checkOptions({ readOnly: true, allowUnsafeFilesystem: true, allowForeignOwner, on });
}

/** The whole reading half of the API. To be closed. */
export async function openToLook(
  path: string,
  options: CommonOptions,
  on?: AgentLogListeners,
): Promise<AgentLog> {
  requireStore(path);
  return openOn(lookingDisk, path, optionsFor(options, on));
}

/** As `openToLook`, but of a store whose database cannot be read: what its segments have, those in archive/ too. */
export async function openSegmentsToLook(
  path: string,
  options: CommonOptions,
  on?: AgentLogListeners,
): Promise<AgentLog> {
  const { paths } = findStore(path, options);
  // A name that nobody gives.
  const database = join(paths.root, 'no-database');
  return openOn(diskWithArchive(paths), path, optionsFor(options, on), { ...USUAL, database });
}
