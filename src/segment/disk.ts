/** The port through which all I/O on segments goes, so that a test can put a simulated disk under it. */
import fs from 'node:fs';
import { promisify } from 'node:util';
import { AgentLogError } from '../errors.js';

export interface Disk {
  open(path: string): Promise<DiskFile>;
}

/** A file opened for reading. Reads past the end give fewer bytes, or none. */
export interface DiskFile {
  readonly path: string;
  size(): Promise<number>;
  read(into: Buffer, offset: number): Promise<number>;
  readSync(into: Buffer, offset: number): number;
  close(): Promise<void>;
}

const open = promisify(fs.open);
const fstat = promisify(fs.fstat);
const close = promisify(fs.close);

function readAt(fd: number, into: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, position, (error, read) => (error ? reject(error) : resolve(read)));
  });
}

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  async size(): Promise<number> {
    return (await fstat(this.#fd)).size;
  }

  async read(into: Buffer, offset: number): Promise<number> {
    let total = 0;
    while (total < into.length) {
      const read = await readAt(this.#fd, into.subarray(total), offset + total).catch((error: unknown) =>
        this.#fail(error, offset + total),
      );
      if (read === 0) break;
      total += read;
    }
    return total;
  }

  readSync(into: Buffer, offset: number): number {
    let total = 0;
    while (total < into.length) {
      let read: number;
      try {
        read = fs.readSync(this.#fd, into, total, into.length - total, offset + total);
      } catch (error) {
        this.#fail(error, offset + total);
      }
      if (read === 0) break;
      total += read;
    }
    return total;
  }

  async close(): Promise<void> {
    await close(this.#fd);
  }

  #fail(cause: unknown, offset: number): never {
    throw ioError(`cannot read ${this.path} at offset ${offset}`, cause);
  }
}

function ioError(what: string, cause: unknown): AgentLogError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AgentLogError('AGENTLOG_IO', `${what}: ${why}`, { cause });
}

export const nodeDisk: Disk = {
  async open(path) {
    try {
      return new NodeFile(path, await open(path, 'r'));
    } catch (error) {
      throw ioError(`cannot open ${path}`, error);
    }
  },
};
