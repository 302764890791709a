/**
 * The pages of a database as they stand in its file and in its log, read as plain bytes: what is on a page that is still
 * good can be had although SQLite does not find the way to it any more.
 *
 * Never in a process that has the database open in SQLite: closing any descriptor of the file drops SQLite's locks on it.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Each page begins with a header of its own, but the first one with that of the file. */
const FILE_HEADER_BYTES = 100;
const FILE_MAGIC = 'SQLite format 3\0';
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const PIECE_BYTES = 1024 * 1024;

export interface PageImage {
  readonly bytes: Buffer;
  /** Where the page's header begins. */
  readonly start: number;
}

export class PageImages {
  readonly pageBytes: number;
  readonly #file: number;
  readonly #fileBytes: number;
  readonly #wal: number | undefined;
  readonly #walBytes: number;
  /** Where the last image of a page stands in the log. */
  readonly #inWal = new Map<number, number>();
  /** Pages that the disk did not give. */
  unreadable = 0;

  /** `usualPageBytes`: when the file does not say it any more. */
  constructor(path: string, usualPageBytes: number) {
    this.#file = openSync(path, 'r');
    this.#fileBytes = fstatSync(this.#file).size;
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    this.#read(this.#file, 0, FILE_HEADER_BYTES)?.copy(header);
    const isGood = header.toString('latin1', 0, FILE_MAGIC.length) === FILE_MAGIC;
    const said = header.readUInt16BE(16);
    this.pageBytes = isGood && said >= 512 && (said & (said - 1)) === 0 ? said : usualPageBytes;
    this.#wal = openIfThere(`${path}-wal`);
    this.#walBytes = this.#wal === undefined ? 0 : fstatSync(this.#wal).size;
    for (const at of this.#frames()) {
      const frame = this.#read(this.#wal!, at, 4);
      if (frame !== undefined) this.#inWal.set(frame.readUInt32BE(0), at + FRAME_HEADER_BYTES);
    }
  }

  /** All there are, also several of one page. Each is valid until the next one. */
  *all(): Generator<PageImage> {
    const perPiece = Math.max(1, Math.floor(PIECE_BYTES / this.pageBytes));
    const pages = Math.ceil(this.#fileBytes / this.pageBytes);
    for (let page = 0; page < pages; page += perPiece) {
      const piece = this.#read(this.#file, page * this.pageBytes, perPiece * this.pageBytes);
      for (let i = 0; i < Math.min(perPiece, pages - page); i++) {
        // What one bad page keeps from being read at once may be read by itself.
        const bytes =
          piece?.subarray(i * this.pageBytes, (i + 1) * this.pageBytes) ?? this.#page(page + i + 1);
        if (bytes?.length === this.pageBytes) yield { bytes, start: page + i === 0 ? FILE_HEADER_BYTES : 0 };
        else this.unreadable++;
      }
    }
    for (const at of this.#frames()) {
      const frame = this.#read(this.#wal!, at, FRAME_HEADER_BYTES + this.pageBytes);
      if (frame?.length !== FRAME_HEADER_BYTES + this.pageBytes) continue;
      const start = frame.readUInt32BE(0) === 1 ? FILE_HEADER_BYTES : 0;
      yield { bytes: frame.subarray(FRAME_HEADER_BYTES), start };
    }
  }

  /** A page as the log has it, or else the file; or only as the file has it. */
  page(number: number, from: 'log' | 'file'): Buffer | undefined {
    const inWal = from === 'log' ? this.#inWal.get(number) : undefined;
    const bytes = inWal === undefined ? this.#page(number) : this.#read(this.#wal!, inWal, this.pageBytes);
    return bytes?.length === this.pageBytes ? bytes : undefined;
  }

  get hasLog(): boolean {
    return this.#inWal.size > 0;
  }

  close(): void {
    closeSync(this.#file);
    if (this.#wal !== undefined) closeSync(this.#wal);
  }

  #page(number: number): Buffer | undefined {
    return this.#read(this.#file, (number - 1) * this.pageBytes, this.pageBytes);
  }

  *#frames(): Generator<number> {
    const length = FRAME_HEADER_BYTES + this.pageBytes;
    for (let at = WAL_HEADER_BYTES; at + length <= this.#walBytes; at += length) yield at;
  }

  /** Fewer bytes at the end of the file; undefined when the disk does not give them. */
  #read(fd: number, from: number, length: number): Buffer | undefined {
    const bytes = Buffer.alloc(length);
    let total = 0;
    try {
      while (total < length) {
        const read = readSync(fd, bytes, total, length - total, from + total);
        if (read === 0) break;
        total += read;
      }
    } catch {
      return undefined;
    }
    return bytes.subarray(0, total);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
