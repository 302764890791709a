/** Where a store's files are, for what looks at them by itself. Without what reads a whole store: that takes a while to load. */
import { runSync } from '../../../src/segment/steps.js';
import { openStoreDirectory, type Store } from '../../../src/segment/store-directory.js';
import type { CommonOptions } from '../definition.js';
import { lookingDisk } from './looking-disk.js';
import { requireStore } from './target.js';

export function findStore(path: string, { allowForeignOwner = false }: CommonOptions): Store {
  requireStore(path);
  // A network file system is dangerous for whoever writes.
  const options = { readOnly: true, allowUnsafeFilesystem: true, allowForeignOwner };
  return runSync(lookingDisk, openStoreDirectory(path, options));
}
