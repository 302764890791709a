/** What Linux counts of the process that asks, all its threads included. */
import { readFileSync } from 'node:fs';

/**
 * Bytes that it has had written to disks, as far as the kernel knows. Recent ones keep files in memory in pieces of up to
 * 2 MiB and count a piece as a whole whenever a byte of it changes, though only what changed is written.
 */
export function writeBytes(): number {
  return figure('/proc/self/io', /^write_bytes: (\d+)$/m);
}

/** The most memory that it ever had resident, in bytes. `resourceUsage()` may tell that of the process that forked it. */
export function mostMemory(): number {
  return figure('/proc/self/status', /^VmHWM:\s*(\d+) kB$/m) * 1024;
}

function figure(path: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(path, 'utf8'))?.[1]);
}
