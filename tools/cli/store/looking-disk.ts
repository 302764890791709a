/** The disk of whoever only looks: it takes no lock, and answers whether one could be taken. */
import { fstatSync, readFileSync } from 'node:fs';
import { type Disk, nodeDisk } from '../../../src/segment/disk.js';
import { holderIn, holderOf } from './lock-holders.js';

/** Of the files that it has open, as they were opened. */
const pathOf = new Map<number, string>();

function isFree(fd: number): boolean {
  let locks: string;
  try {
    locks = readFileSync('/proc/locks', 'utf8');
  } catch {
    const path = pathOf.get(fd);
    // Of a lock that is no segment's nobody waits for an answer.
    return path === undefined || !path.endsWith('.open') || holderOf(path) === undefined;
  }
  // Who asks for others takes turns with others that ask, and this one needs none.
  if (pathOf.get(fd)?.endsWith('liveness.lock') === true) return true;
  return holderIn(locks, fstatSync(fd).ino) === undefined;
}

const callSync: Disk['callSync'] = (name, ...args) => {
  if (name === 'flock') return isFree(args[0] as number) as never;
  if (name === 'close') pathOf.delete(args[0] as number);
  const result = nodeDisk.callSync(name, ...args);
  if (name === 'open') pathOf.set(result as unknown as number, String(args[0]));
  return result;
};

export const lookingDisk: Disk = {
  callSync,
  call: async (name, ...args) => {
    if (name === 'flock' || name === 'open' || name === 'close') return callSync(name, ...args);
    return nodeDisk.call(name, ...args);
  },
};
