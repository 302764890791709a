/** Reads a file that may still grow, some whole lines at a time, in bounded memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { unreachable } from '../store/target.js';

const PIECE_BYTES = 1024 * 1024;
/** An entry of 16 MiB, the longest there is, with many of its characters spelt out. */
const LONGEST_LINE = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface LineBytes {
  /**
   * Whole lines, each with its newline. Or the end of the file, where no newline is yet. Or a line that is too long to be
   * one: parts of it, and then the rest with the newline.
   */
  readonly kind: 'lines' | 'open' | 'part' | 'rest';
  /** Valid until the next ones. */
  readonly bytes: Buffer;
  /** Behind them in the file. */
  readonly end: number;
}

export class LineFile {
  readonly #path: string;
  readonly #fd: number;
  readonly size: number;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'r');
    } catch (error) {
      throw unreachable(path, error);
    }
    this.size = fstatSync(this.#fd).size;
  }

  /** All bytes before `end`; false when there are not as many. */
  eachBefore(end: number, each: (bytes: Buffer) => void): boolean {
    const bytes = Buffer.alloc(Math.min(PIECE_BYTES, end));
    for (let at = 0; at < end; ) {
      const read = this.#read(bytes, 0, Math.min(bytes.length, end - at), at);
      if (read === 0) return false;
      each(bytes.subarray(0, read));
      at += read;
    }
    return true;
  }

  *from(start: number): Generator<LineBytes, void, void> {
    let bytes = Buffer.alloc(PIECE_BYTES);
    let [at, held] = [start, 0];
    let isTooLong = false;
    for (;;) {
      if (held === LONGEST_LINE) {
        yield { kind: 'part', bytes, end: at };
        [isTooLong, held, bytes] = [true, 0, Buffer.alloc(PIECE_BYTES)];
      } else if (held === bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
      const read = this.#read(bytes, held, bytes.length - held, at);
      if (read === 0) break;
      at += read;
      const all = bytes.subarray(0, held + read);
      const end = (isTooLong ? all.indexOf(NEWLINE) : all.lastIndexOf(NEWLINE)) + 1;
      if (isTooLong && end === 0) {
        yield { kind: 'part', bytes: all, end: at };
        continue;
      }
      held = all.length - end;
      if (end > 0) yield { kind: isTooLong ? 'rest' : 'lines', bytes: all.subarray(0, end), end: at - held };
      if (isTooLong) {
        // What follows is read once more: lines may end in it.
        [isTooLong, at, held] = [false, at - held, 0];
      } else all.copy(bytes, 0, end);
    }
    if (held > 0) yield { kind: 'open', bytes: bytes.subarray(0, held), end: at };
  }

  #read(into: Buffer, offset: number, length: number, at: number): number {
    try {
      return readSync(this.#fd, into, offset, length, at);
    } catch (error) {
      throw unreachable(this.#path, error);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
