/**
 * A disk in memory that forgets what a real one may forget.
 *
 * Processes see the volatile state: what was written and renamed. At a power cut each file keeps its synced content
 * and, of every sector written since, any part; each directory keeps its synced entries and any subset of the changes
 * since. Calls made with promises wait in a pool and are carried out one at a time, in any order. Calls can be made to
 * fail; after a failed sync the bytes that it was for are never written, while reads still show them.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { Disk, DiskCall, DiskCalls } from '../../src/segment/disk.js';
import type { Random } from './random.js';

const SECTOR = 512;
const NOTHING: Buffer = Buffer.alloc(0);
/** Behind those of input, output and errors. */
const FIRST_DESCRIPTOR = 3;

interface UnsyncedWrite {
  readonly position: number;
  readonly bytes: Buffer;
}

class Inode {
  readonly kind: 'file' | 'directory';
  readonly ino: number;
  content = NOTHING;
  synced = NOTHING;
  unsynced: (UnsyncedWrite | { readonly size: number })[] = [];
  entries = new Map<string, Inode>();
  syncedEntries = new Map<string, Inode>();
  unsyncedChanges: Change[] = [];
  lockedBy: OpenFile | undefined;
  mode: number;
  nlink = 0;

  constructor(kind: 'file' | 'directory', ino: number, mode: number) {
    this.kind = kind;
    this.ino = ino;
    this.mode = mode;
  }
}

/** A change of directories that reaches the disk as a whole or not at all. */
interface Change {
  readonly set?: readonly [directory: Inode, name: string, inode: Inode];
  readonly remove?: readonly [directory: Inode, name: string];
}

interface Process {
  readonly name: string;
  dead: boolean;
}

interface OpenFile {
  readonly inode: Inode;
  readonly process: Process;
}

/** What is to happen to a call before it is carried out; returns a short count for a write, or throws. */
export type Interference = (process: string, name: DiskCall, args: readonly unknown[]) => number | undefined;

export class SimulatedDisk {
  #nextIno = 1;
  readonly #random: Random;
  readonly #open = new Map<number, OpenFile>();
  /** No lower descriptor is free. */
  #lowestFree = FIRST_DESCRIPTOR;
  readonly #processes: Process[] = [];
  #pool: { readonly process: Process; readonly work: () => void; readonly syncs: OpenFile | undefined }[] =
    [];
  /** Calls that began while another sync of the same open file was under way: of a failure only one of the two is told. */
  readonly doubleSyncs: string[] = [];
  #root: Inode;
  interfere: Interference = () => undefined;

  constructor(random: Random) {
    this.#random = random;
    this.#root = this.#newInode('directory', 0o755);
  }

  get openFiles(): number {
    return this.#open.size;
  }

  /** The disk as a new process sees it. */
  processNamed(name: string): Disk {
    const process: Process = { name, dead: false };
    this.#processes.push(process);
    return {
      call: (call, ...args) => {
        const syncs = this.#beginSync(call, args);
        return this.#later(process, syncs, () => this.#perform(process, call, args));
      },
      callSync: (call, ...args) => {
        this.#beginSync(call, args);
        return this.#perform(process, call, args) as never;
      },
    };
  }

  /** Processes of this name are gone: their files are closed, their locks free, their waiting calls were made or not. */
  kill(name: string): void {
    const killed = (process: Process) => process.name === name && !process.dead;
    for (const { process, work } of this.#pool) if (killed(process) && this.#random.chance(0.5)) work();
    for (const [fd, { process }] of this.#open) if (killed(process)) this.#close(fd);
    for (const process of this.#processes) if (process.name === name) process.dead = true;
  }

  /** Everything that runs is gone, and what was not synced is there in any part. */
  cutPower(): void {
    for (const process of this.#processes) process.dead = true;
    this.#open.clear();
    this.#lowestFree = FIRST_DESCRIPTOR;
    this.#pool = [];
    const seen = new Set<Inode>();
    const visit = (inode: Inode) => {
      if (seen.has(inode)) return;
      seen.add(inode);
      if (inode.kind === 'file') this.#settleFile(inode);
      inode.lockedBy = undefined;
      for (const child of [...inode.entries.values(), ...inode.syncedEntries.values()]) visit(child);
    };
    visit(this.#root);
    for (const inode of seen) {
      inode.nlink = 0;
      if (inode.kind === 'directory') this.#settleDirectory(inode);
    }
    for (const inode of seen) for (const child of inode.entries.values()) child.nlink++;
  }

  #beginSync(call: DiskCall, args: readonly unknown[]): OpenFile | undefined {
    if (call !== 'fdatasync' && call !== 'fsync') return undefined;
    const file = this.#open.get(args[0] as number);
    if (file !== undefined && this.#pool.some(({ syncs }) => syncs === file))
      this.doubleSyncs.push(`${file.process.name}: ${call}`);
    return file;
  }

  #later<Result>(process: Process, syncs: OpenFile | undefined, call: () => unknown): Promise<Result> {
    return new Promise((resolve, reject) => {
      const work = () => {
        try {
          resolve(call() as Result);
        } catch (error) {
          // The call may have been what the process died in.
          if (!process.dead) reject(error);
        }
      };
      this.#pool.push({ process, work, syncs });
      setImmediate(() => this.#carryOutOne());
    });
  }

  #carryOutOne(): void {
    const [waiting] = this.#pool.splice(this.#random.below(this.#pool.length), 1);
    // A dead process hears of nothing any more.
    if (waiting?.process.dead === false) waiting.work();
  }

  #settleFile(inode: Inode): void {
    let content = Buffer.from(inode.synced);
    for (const change of inode.unsynced) {
      if ('size' in change) {
        if (this.#random.chance(0.5)) content = resized(content, change.size);
        continue;
      }
      const { position, bytes } = change;
      for (let at = position; at < position + bytes.length; ) {
        const end = Math.min(position + bytes.length, at - (at % SECTOR) + SECTOR);
        const [from, to] = this.#partOf(at, end);
        if (from < to) {
          if (content.length < to) content = resized(content, to);
          bytes.copy(content, from, from - position, to - position);
        }
        at = end;
      }
    }
    inode.content = content;
    inode.synced = Buffer.from(content);
    inode.unsynced = [];
  }

  /** All of a sector's new bytes, none, or, torn, those at its beginning or its end. */
  #partOf(from: number, to: number): [number, number] {
    if (this.#random.chance(0.45)) return [from, to];
    if (this.#random.chance(0.7)) return [from, from];
    const middle = this.#random.between(from, to);
    return this.#random.chance(0.5) ? [from, middle] : [middle, to];
  }

  #settleDirectory(directory: Inode): void {
    const entries = new Map(directory.syncedEntries);
    for (const change of directory.unsyncedChanges) {
      if (this.#random.chance(0.5)) applyChange(change, directory, entries);
    }
    directory.entries = entries;
    directory.syncedEntries = new Map(entries);
    directory.unsyncedChanges = [];
  }

  #perform(process: Process, name: DiskCall, args: readonly unknown[]): unknown {
    if (process.dead) throw failure('EDEAD', name, process.name);
    const short = this.interfere(process.name, name, args);
    switch (name) {
      case 'open':
        return this.#openFile(process, ...(args as Parameters<DiskCalls['open']>));
      case 'close':
        return this.#close(args[0] as number);
      case 'read': {
        const [fd, into, start, length, position] = args as Parameters<DiskCalls['read']>;
        const { content } = this.#file(fd);
        const end = Math.min(content.length, position + length);
        if (position >= end) return 0;
        return content.copy(into, start, position, end);
      }
      case 'write': {
        const [fd, from, start, length, position] = args as Parameters<DiskCalls['write']>;
        const count = short ?? length;
        const inode = this.#file(fd);
        const bytes = Buffer.from(from.subarray(start, start + count));
        if (inode.content.length < position + count) inode.content = resized(inode.content, position + count);
        bytes.copy(inode.content, position);
        if (count > 0) inode.unsynced.push({ position, bytes });
        return count;
      }
      case 'fdatasync':
      case 'fsync':
        return this.#sync(this.#file(args[0] as number));
      case 'ftruncate': {
        const [fd, length] = args as Parameters<DiskCalls['ftruncate']>;
        const inode = this.#file(fd);
        inode.content = resized(inode.content, length);
        inode.unsynced.push({ size: length });
        return undefined;
      }
      case 'fstat':
        return this.#status(this.#file(args[0] as number));
      case 'lstat':
      case 'stat':
        return this.#status(this.#find(args[0] as string));
      case 'chmod':
        this.#find(args[0] as string).mode = args[1] as number;
        return undefined;
      case 'fchmod':
        this.#file(args[0] as number).mode = args[1] as number;
        return undefined;
      case 'realpath':
        this.#find(args[0] as string);
        return args[0];
      case 'statfs':
        return { type: 0xef53 };
      case 'link': {
        const [from, to] = args as Parameters<DiskCalls['link']>;
        const [directory, entry] = this.#place(to);
        if (directory.entries.has(entry)) throw failure('EEXIST', name, to);
        this.#change({ set: [directory, entry, this.#find(from)] });
        return undefined;
      }
      case 'rename': {
        const [from, to] = args as Parameters<DiskCalls['rename']>;
        const inode = this.#find(from);
        const [source, oldName] = this.#place(from);
        const [target, newName] = this.#place(to);
        this.#change({ set: [target, newName, inode], remove: [source, oldName] });
        return undefined;
      }
      case 'unlink': {
        this.#find(args[0] as string);
        const [directory, entry] = this.#place(args[0] as string);
        this.#change({ remove: [directory, entry] });
        return undefined;
      }
      case 'mkdir': {
        const [path, mode] = args as Parameters<DiskCalls['mkdir']>;
        const [directory, entry] = this.#place(path);
        if (directory.entries.has(entry)) throw failure('EEXIST', name, path);
        this.#change({ set: [directory, entry, this.#newInode('directory', mode)] });
        return undefined;
      }
      case 'readdir':
        return [...this.#find(args[0] as string).entries.keys()];
      case 'flock': {
        const file = this.#open.get(args[0] as number)!;
        if (file.inode.lockedBy !== undefined && file.inode.lockedBy !== file) return false;
        file.inode.lockedBy = file;
        return true;
      }
    }
  }

  /** A sync that fails: what it was for is lost to the disk, though reads still show it. */
  loseUnsynced(fd: number): void {
    this.#file(fd).unsynced = [];
  }

  #sync(inode: Inode): undefined {
    if (inode.kind === 'directory') {
      for (const change of inode.unsyncedChanges) applyChange(change, inode, inode.syncedEntries);
      inode.unsyncedChanges = [];
      return undefined;
    }
    for (const change of inode.unsynced) {
      if ('size' in change) {
        inode.synced = resized(inode.synced, change.size);
        continue;
      }
      const end = change.position + change.bytes.length;
      if (inode.synced.length < end) inode.synced = resized(inode.synced, end);
      change.bytes.copy(inode.synced, change.position);
    }
    inode.unsynced = [];
    return undefined;
  }

  #change(change: Change): void {
    const { set, remove } = change;
    const gone = [set?.[0].entries.get(set[1]), remove?.[0].entries.get(remove[1])];
    for (const inode of gone) if (inode !== undefined) inode.nlink--;
    if (set !== undefined) set[2].nlink++;
    const directories = new Set([set?.[0], remove?.[0]]);
    for (const directory of directories) {
      if (directory === undefined) continue;
      applyChange(change, directory, directory.entries);
      directory.unsyncedChanges.push(change);
    }
  }

  #openFile(process: Process, path: string, flags: number, mode: number): number {
    const [directory, entry] = this.#place(path);
    let inode = entry === '' ? directory : directory.entries.get(entry);
    if (inode === undefined) {
      if ((flags & constants.O_CREAT) === 0) throw failure('ENOENT', 'open', path);
      inode = this.#newInode('file', mode);
      this.#change({ set: [directory, entry, inode] });
    } else if ((flags & constants.O_EXCL) !== 0) {
      throw failure('EEXIST', 'open', path);
    }
    // The lowest that is free, so that a call on a closed one meets another file.
    const fd = this.#lowestFree;
    this.#open.set(fd, { inode, process });
    while (this.#open.has(this.#lowestFree)) this.#lowestFree++;
    return fd;
  }

  #close(fd: number): undefined {
    const file = this.#open.get(fd);
    if (file === undefined) throw failure('EBADF', 'close', String(fd));
    this.#open.delete(fd);
    this.#lowestFree = Math.min(this.#lowestFree, fd);
    if (file.inode.lockedBy === file) file.inode.lockedBy = undefined;
    return undefined;
  }

  #file(fd: number): Inode {
    const file = this.#open.get(fd);
    if (file === undefined) throw failure('EBADF', 'use', String(fd));
    return file.inode;
  }

  #find(path: string): Inode {
    let inode: Inode | undefined = this.#root;
    for (const name of path.split('/')) {
      if (name !== '') inode = inode?.entries.get(name);
    }
    if (inode === undefined) throw failure('ENOENT', 'find', path);
    return inode;
  }

  #place(path: string): [directory: Inode, name: string] {
    return [this.#find(dirname(path)), path === '/' ? '' : path.slice(path.lastIndexOf('/') + 1)];
  }

  #status({ kind, content, ino, mode, nlink }: Inode) {
    const type = kind === 'directory' ? constants.S_IFDIR : constants.S_IFREG;
    return { size: content.length, ino, dev: 1, mode: type | mode, uid: 0, nlink };
  }

  #newInode(kind: 'file' | 'directory', mode: number): Inode {
    return new Inode(kind, this.#nextIno++, mode);
  }
}

function applyChange({ set, remove }: Change, directory: Inode, entries: Map<string, Inode>): void {
  if (remove?.[0] === directory) entries.delete(remove[1]);
  if (set?.[0] === directory) entries.set(set[1], set[2]);
}

function resized(content: Buffer, size: number): Buffer<ArrayBuffer> {
  const larger = Buffer.alloc(size);
  content.copy(larger);
  return larger;
}

/** Without a stack, as calls with promises of node:fs fail: many are made, and to capture it takes the longest. */
export function failure(code: string, call: string, what: string): NodeJS.ErrnoException {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(`${code}: ${call} '${what}'`);
  Error.stackTraceLimit = stackTraceLimit;
  return Object.assign(error, { code, syscall: call });
}
