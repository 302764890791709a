/** The disk of whoever looks at a store without its database: what archive/ keeps seems to wait in segments/ still. */
import { basename, dirname, join } from 'node:path';
import type { Disk } from '../../../src/segment/disk.js';
import type { StorePaths } from '../../../src/segment/store-directory.js';
import { lookingDisk } from './looking-disk.js';

export function diskWithArchive({ segments, archive }: StorePaths): Disk {
  const callSync: Disk['callSync'] = (name, ...args) => {
    const [path] = args;
    if (name === 'readdir' && path === segments)
      return [archive, segments].flatMap((one) => lookingDisk.callSync('readdir', one)) as never;
    try {
      return lookingDisk.callSync(name, ...args);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || typeof path !== 'string' || dirname(path) !== segments) throw error;
      return lookingDisk.callSync(
        name,
        ...([join(archive, basename(path)), ...args.slice(1)] as typeof args),
      );
    }
  };
  return {
    callSync,
    call: async (name, ...args) =>
      name === 'read' ? lookingDisk.call(name, ...args) : callSync(name, ...args),
  };
}
