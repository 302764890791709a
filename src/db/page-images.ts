/**
 * The pages of a database as they stand in its file and in its log, read as plain bytes: what is on a page that is still
 * good can be had although SQLite does not find the way to it any more.
 *
 * Never in a process that has the database open in SQLite: closing any descriptor of the file drops SQLite's locks on it.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Each page begins with a header of its own, but the first one with that of the file. */
const FILE_HEADER_BYTES = 100;
const FREE_LIST_AT = 32;
const FILE_MAGIC = 'SQLite format 3\0';
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const PIECE_BYTES = 1024 * 1024;

export interface PageImage {
  /** Of the page. */
  readonly number: number;
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

  /**
   * All there are, also several of one page; or only what is in use, as far as that can be told: of each page the last
   * image, if the page is not free. Each is valid until the next one.
   */
  *all(which: 'all' | 'in use'): Generator<PageImage> {
    const used = which === 'all' ? undefined : this.#used();
    const perPiece = Math.max(1, Math.floor(PIECE_BYTES / this.pageBytes));
    const pages = Math.ceil(this.#fileBytes / this.pageBytes);
    for (let first = 1; first <= pages; first += perPiece) {
      const piece = this.#read(this.#file, (first - 1) * this.pageBytes, perPiece * this.pageBytes);
      for (let i = 0; i < Math.min(perPiece, pages - first + 1); i++) {
        const page = first + i;
        if (used !== undefined && (used.free.has(page) || used.inWal.has(page))) continue;
        // What one bad page keeps from being read at once may be read by itself.
        const bytes = piece?.subarray(i * this.pageBytes, (i + 1) * this.pageBytes) ?? this.#page(page);
        if (bytes?.length === this.pageBytes) yield { number: page, bytes, start: startOf(page) };
      }
    }
    for (const at of this.#frames()) {
      const frame = this.#read(this.#wal!, at, FRAME_HEADER_BYTES + this.pageBytes);
      if (frame?.length !== FRAME_HEADER_BYTES + this.pageBytes) continue;
      const page = frame.readUInt32BE(0);
      if (used !== undefined && (used.free.has(page) || used.inWal.get(page) !== at)) continue;
      yield { number: page, bytes: frame.subarray(FRAME_HEADER_BYTES), start: startOf(page) };
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

  /** Which pages are free, by the list that page 1 begins, and where the log has its last images: not those of an earlier time. */
  #used(): { readonly free: ReadonlySet<number>; readonly inWal: ReadonlyMap<number, number> } {
    const inWal = new Map<number, number>();
    const salts = this.#wal === undefined ? undefined : this.#read(this.#wal, 16, 8);
    for (const at of this.#frames()) {
      const frame = this.#read(this.#wal!, at, FRAME_HEADER_BYTES);
      if (frame !== undefined && salts?.equals(frame.subarray(8, 16))) inWal.set(frame.readUInt32BE(0), at);
    }
    const imageOf = (page: number) => {
      const at = inWal.get(page);
      return at === undefined
        ? this.#page(page)
        : this.#read(this.#wal!, at + FRAME_HEADER_BYTES, this.pageBytes);
    };
    const free = new Set<number>();
    const head = imageOf(1);
    let trunk = head?.length === this.pageBytes ? head.readUInt32BE(FREE_LIST_AT) : 0;
    while (trunk !== 0 && !free.has(trunk)) {
      const page = imageOf(trunk);
      if (page?.length !== this.pageBytes) break;
      free.add(trunk);
      const leaves = Math.min(page.readUInt32BE(4), page.length / 4 - 2);
      for (let i = 0; i < leaves; i++) free.add(page.readUInt32BE(8 + 4 * i));
      trunk = page.readUInt32BE(0);
    }
    return { free, inWal };
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

function startOf(page: number): number {
  return page === 1 ? FILE_HEADER_BYTES : 0;
}
