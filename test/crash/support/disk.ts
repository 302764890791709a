/** Programs on a small disk of their own, which is gone with them: how they fill it, and how it fails under them. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestContext } from 'vitest';
import { type DiskKind, noDisk, withDisk } from '../../../tools/torture/small-disk.js';
import { repositoryRoot } from '../../package/support/paths.js';
import { tempDir } from '../../package/support/temp-dir.js';

/** What `runHost` and `startHost` are given for a program with a disk, at `args.directory`. Skips where there can be none. */
export function onDisk(kind: DiskKind, { skip }: TestContext) {
  const directory = tempDir();
  const reason = noDisk(kind, directory);
  if (reason !== undefined) skip(reason);
  return { args: { directory }, through: withDisk(kind, directory) };
}

const BALLAST_MODULE = pathToFileURL(join(repositoryRoot, 'dist/tools/torture/small-disks/ballast.js')).href;

/** A program's `ballast`: `leave(n)` bytes of its disk, and `remove()`. */
export const BALLAST = `
  import { Ballast } from ${JSON.stringify(BALLAST_MODULE)};
  const ballast = new Ballast(args.directory + '/ballast');
`;

/** A program's `disk`, an ext4: after `failDisk()` every write and sync of it is EIO, until `remountDisk()`. */
export const FAILING_DISK = `
  import { execFile, execFileSync } from 'node:child_process';
  import { promisify } from 'node:util';
  const disk = args.directory + '/disk';
  /** EXT4_IOC_SHUTDOWN, with the flag that not even the journal in memory is written. Perl has ioctl. */
  const SHUTDOWN = '$how = pack("L", 2); open(F, "<", $ARGV[0]) && ioctl(F, 0x8004587d, $how) or die $!';
  const failDisk = () => promisify(execFile)('perl', ['-e', SHUTDOWN, disk]);
  const remountDisk = (how = 'rw') => {
    execFileSync('umount', [disk]);
    execFileSync('mount', ['-o', 'loop,' + how, args.directory + '/image', disk]);
  };
`;
