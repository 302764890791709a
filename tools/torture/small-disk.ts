/**
 * Small file systems of a program's own, and mounts that are read-only: mounted in a mount namespace that goes with the program, so that nothing is
 * left behind however it ends.
 */
import { spawnSync } from 'node:child_process';

const asRoot = process.geteuid?.() === 0;
/** Without root, a user namespace lets a process mount, though only what needs no device. */
const UNSHARE = asRoot ? ['unshare', '--mount'] : ['unshare', '--user', '--map-root-user', '--mount'];

const COMMANDS = {
  /** All of it, 3 MiB. */
  tmpfs: 'mount -t tmpfs -o size=4m,mode=700 none "$0"',
  /** Mounted at `disk`, in a file `image` beside it; needs root, loop devices and perl. */
  ext4: `
    perl -e 1 && mount -t tmpfs -o size=48m,mode=700 none "$0" && cd "$0" && truncate -s 32M image &&
    mkfs.ext4 -q -b 4096 image && mkdir disk && mount -o loop image disk`,
  /** What is there, seen through a mount that is read-only; others go on seeing it through theirs. */
  readOnly: 'mount --bind "$0" "$0" && mount -o remount,bind,ro,nosuid,nodev "$0"',
};

export type DiskKind = keyof typeof COMMANDS;

/** Starts a program with the disk at `directory`, which is there. */
export function withDisk(kind: DiskKind, directory: string): string[] {
  return [...UNSHARE, 'sh', '-c', `${COMMANDS[kind]} && exec "$@"`, directory];
}

/** Why there can be no such disk here, if so. */
export function noDisk(kind: DiskKind, directory: string): string | undefined {
  return fails('no file system can be mounted here', [...withDisk(kind, directory), 'true']);
}

/** Starts a program that obeys the modes of files, which root does not. */
export function withModes(): string[] {
  return asRoot ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'] : [];
}

/** Why there can be no such program here, if so. */
export function noModes(): string | undefined {
  return fails('root cannot be made to obey modes here', [...withModes(), 'true']);
}

function fails(what: string, [command, ...args]: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command!, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `${what}: ${error?.message ?? stderr}`;
}
