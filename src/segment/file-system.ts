/**
 * File systems on which a store is not safe. flock(2) is what tells a living writer from a dead one; where it is not
 * shared by all who can reach the files, a living writer looks dead, and what it writes is taken for a torn end.
 */
import { AgentLogError } from '../errors.js';

/** By the numbers of statfs(2) on Linux. Elsewhere numbers mean other things, and nothing is refused. */
const UNSAFE: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE or virtiofs'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x786f4256, 'vboxsf'],
  [0xbacbacbc, 'VMware shared folders'],
]);

export function checkFileSystem(path: string, type: number, platform: string = process.platform): void {
  // statfs gives a signed number on some machines.
  const name = platform === 'linux' ? UNSAFE.get(type >>> 0) : undefined;
  if (name === undefined) return;
  throw new AgentLogError(
    'AGENTLOG_UNSAFE_FILESYSTEM',
    `${path} is on ${name}, where file locks may not be shared: a living writer could be taken for a dead one. Use a local disk; the option allowUnsafeFilesystem opens it all the same`,
  );
}
