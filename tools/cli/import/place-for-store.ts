/** Where a store may be made: where nothing is, or what is left of the making of one that was ended. */
import { type Dirent, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { manifestPath, pathsOf } from '../../../src/segment/store-directory.js';

export function isPlaceForStore(path: string): boolean {
  let found: Dirent[];
  try {
    found = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
  return found.every((file) => isUnfinished(path, file));
}

/** Its manifest comes last, and nothing is in its directories before. */
function isUnfinished(root: string, file: Dirent): boolean {
  const { root: _, ...inner } = pathsOf(root);
  const path = join(root, file.name);
  if (file.isDirectory()) return Object.values(inner).includes(path) && readdirSync(path).length === 0;
  return file.name.startsWith(`${basename(manifestPath(pathsOf(root)))}.`) && file.name.endsWith('.new');
}
