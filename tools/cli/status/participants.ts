/** Who has the store open to write, and who leads. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { StorePaths } from '../../../src/segment/store-directory.js';
import type { Holders } from '../store/holders.js';
import { segmentHeader } from '../store/segment-header.js';
import type { SegmentOf, StoreFiles } from './files.js';

export interface Writer {
  readonly slot: number;
  /** Null when nobody tells. */
  readonly pid: number | null;
  /** A dead one has left segments, which become rows by themselves. */
  readonly alive: boolean;
}

export interface Leader {
  readonly pid: number | null;
}

export function leaderOf({ locks }: StorePaths, holders: Holders): Leader | null {
  const holder = holders.of(join(locks, 'compactor.lock'));
  return holder === undefined ? null : { pid: holder.pid ?? null };
}

/** By slot; the living of a slot before the dead that had it before. */
export function writersOf({ locks }: StorePaths, files: StoreFiles, holders: Holders): Writer[] {
  const alive = new Map<number, Writer>();
  const note = (slot: number, path: string) => {
    const holder = holders.of(path);
    if (holder !== undefined) alive.set(slot, { slot, pid: holder.pid ?? null, alive: true });
  };
  for (const name of readdirSync(locks)) {
    const [, slot] = /^writer-(\d+)$/.exec(name) ?? [];
    if (slot !== undefined) note(Number(slot), join(locks, name));
  }
  // Where locks cannot be seen, a segment's header says who writes it.
  for (const { slot, path } of files.segments.live) note(slot, path);
  const dead = new Map<string, Writer>();
  for (const segment of files.segments.left) {
    const pid = pidIn(segment);
    dead.set(`${segment.slot} ${pid}`, { slot: segment.slot, pid, alive: false });
  }
  return [...alive.values(), ...dead.values()].sort((a, b) => a.slot - b.slot);
}

function pidIn({ path }: SegmentOf): number | null {
  try {
    return segmentHeader(path)?.pid ?? null;
  } catch {
    // It has become rows, or cannot be read.
    return null;
  }
}

/** What it was started as; empty when nobody tells. */
export function commandOf(pid: number | null): string {
  if (pid === null) return '';
  try {
    const [program = '', ...rest] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return [basename(program), ...rest].join(' ').trim();
  } catch {
    return '';
  }
}
