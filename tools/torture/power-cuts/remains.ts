/** What is left after a power cut, brought into a directory, and what stands in a directory, as such. */
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Remains } from './disk.js';

/** `directory` must not be there. */
export function bringInto(directory: string, remains: readonly Remains[]): void {
  const made = new Map<number, string>();
  for (const { path, inode, content } of remains) {
    const target = join(directory, path);
    const same = made.get(inode);
    if (content === undefined) mkdirSync(target, { mode: 0o700 });
    else if (same !== undefined) linkSync(same, target);
    else writeFileSync(target, content, { mode: 0o600 });
    made.set(inode, target);
  }
}

export function remainsIn(directory: string, path = ''): Remains[] {
  const inode = lstatSync(directory).ino;
  const inside = readdirSync(directory, { withFileTypes: true }).flatMap((entry): Remains[] => {
    const [target, its] = [join(directory, entry.name), path === '' ? entry.name : `${path}/${entry.name}`];
    if (entry.isDirectory()) return remainsIn(target, its);
    return [{ path: its, inode: lstatSync(target).ino, content: readFileSync(target) }];
  });
  return [{ path, inode, content: undefined }, ...inside];
}
