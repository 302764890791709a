/**
 * Small file systems of a program's own: mounted in a mount namespace that goes with the program, so that nothing is
 * left behind however it ends.
 */
import { spawnSync } from 'node:child_process';

const asRoot = process.geteuid?.() === 0;
/** Without root, a user namespace lets a process mount, though only what needs no device. */
const UNSHARE = asRoot ? ['unshare', '--mount'] : ['unshare', '--user', '--map-root-user', '--mount'];

const TMPFS = 'mount -t tmpfs -o size=3m,mode=700 none "$0"';

/**
 * An ext4 that believes to have 32 MiB, in a file that can only get 6: blocks that it writes for the first time fail
 * when they are synced, long after write(2) was content. `remount` in it takes everything from the cache.
 */
const thin = (features: string) => `
  mount -t tmpfs -o size=6m,mode=700 none "$0" && cd "$0" && truncate -s 32M image &&
  mkfs.ext4 -q -b 4096 -N 128 -O ^resize_inode${features} -E nodiscard,lazy_itable_init=0 image &&
  mkdir disk && mount -o loop,nodiscard image disk`;

export const SMALL_DISKS = { tmpfs: TMPFS, thin: thin(',^has_journal'), 'thin with a journal': thin('') };

/** Starts a program with the disk at `directory`, which is there. */
export function withDisk(kind: keyof typeof SMALL_DISKS, directory: string): string[] {
  return [...UNSHARE, 'sh', '-c', `${SMALL_DISKS[kind]} && exec "$@"`, directory];
}

/** Why there can be no such disk here, if so. */
export function noDisk(kind: keyof typeof SMALL_DISKS, directory: string): string | undefined {
  const [command, ...args] = [...withDisk(kind, directory), 'true'];
  const { status, stderr, error } = spawnSync(command!, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `no file system can be mounted here: ${error?.message ?? stderr}`;
}
