/**
 * The port through which all I/O on a store's own files goes, so that a test can put a simulated disk under it.
 *
 * It offers the calls of node:fs that the store needs, each with a promise or synchronously, and flock(2). Nothing is
 * retried or interpreted here: what a call means for durability is for its caller to know.
 */
import fs from 'node:fs';
import { tryLockExclusive } from './flock.js';

interface FileStatus {
  readonly size: number;
  readonly ino: number;
  readonly dev: number;
  readonly mode: number;
  readonly uid: number;
  /** Names that it has; 0 when the last one was removed. */
  readonly nlink: number;
}

/** Arguments and results of the calls. */
export interface DiskCalls {
  open(path: string, flags: number, mode: number): number;
  close(fd: number): void;
  read(fd: number, into: Uint8Array, start: number, length: number, position: number): number;
  write(fd: number, from: Uint8Array, start: number, length: number, position: number): number;
  /** Contents, and the size if it changed. */
  fdatasync(fd: number): void;
  /** For directories: their entries. */
  fsync(fd: number): void;
  ftruncate(fd: number, length: number): void;
  chmod(path: string, mode: number): void;
  fchmod(fd: number, mode: number): void;
  fstat(fd: number): FileStatus;
  lstat(path: string): FileStatus;
  stat(path: string): FileStatus;
  realpath(path: string): string;
  /** The type of the file system, as statfs(2) numbers it. */
  statfs(path: string): { readonly type: number };
  rename(from: string, to: string): void;
  /** A second name for a file; fails when the name is there. */
  link(from: string, to: string): void;
  unlink(path: string): void;
  mkdir(path: string, mode: number): void;
  readdir(path: string): string[];
  /** Exclusive, never waiting: false when another open file description holds the lock. Closing releases it. */
  flock(fd: number): boolean;
}

export type DiskCall = keyof DiskCalls;

export interface Disk {
  call<Name extends DiskCall>(
    name: Name,
    ...args: Parameters<DiskCalls[Name]>
  ): Promise<ReturnType<DiskCalls[Name]>>;
  callSync<Name extends DiskCall>(
    name: Name,
    ...args: Parameters<DiskCalls[Name]>
  ): ReturnType<DiskCalls[Name]>;
}

type Callback = (error: Error | null, result?: unknown) => void;

class NodeDisk implements Disk {
  call<Name extends DiskCall>(name: Name, ...args: Parameters<DiskCalls[Name]>) {
    return new Promise<ReturnType<DiskCalls[Name]>>((resolve, reject) => {
      if (name === 'flock') {
        resolve(this.callSync(name, ...args));
        return;
      }
      const call = fs[name as Exclude<DiskCall, 'flock'>] as unknown as (...args: unknown[]) => void;
      const done: Callback = (error, result) =>
        error === null ? resolve(result as ReturnType<DiskCalls[Name]>) : reject(error);
      call(...args, done);
    });
  }

  callSync<Name extends DiskCall>(name: Name, ...args: Parameters<DiskCalls[Name]>) {
    // An attempt at a lock never waits, so it needs no thread.
    const call = name === 'flock' ? tryLockExclusive : fs[`${name as Exclude<DiskCall, 'flock'>}Sync`];
    return (call as unknown as (...args: unknown[]) => ReturnType<DiskCalls[Name]>)(...args);
  }
}

export const nodeDisk: Disk = new NodeDisk();
