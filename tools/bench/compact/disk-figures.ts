/** What a disk was given to write, by its own count. Whatever else uses it is counted as well. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';

const SECTOR = 512;
/** "reads, merged, sectors, ms, writes, merged, sectors, ..." */
const SECTORS_WRITTEN = 6;

/** The bytes that the disk of `directory` was given to write while `work` ran; undefined where no disk counts them. */
export async function whileCounting<T>(
  directory: string,
  work: () => Promise<T>,
): Promise<[result: T, diskBytes: number | undefined]> {
  const { dev } = statSync(directory);
  const counts = `/sys/dev/block/${dev >> 8}:${dev & 255}/stat`;
  if (!existsSync(counts)) return [await work(), undefined];
  const written = () => {
    // What waits in memory is written later, and would be counted to somebody else.
    execFileSync('sync', ['-f', directory]);
    return Number(readFileSync(counts, 'utf8').trim().split(/\s+/)[SECTORS_WRITTEN]) * SECTOR;
  };
  const before = written();
  const result = await work();
  return [result, written() - before];
}
