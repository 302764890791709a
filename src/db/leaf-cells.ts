/**
 * The cells of a table's leaf page and the values of their records, as SQLite's file format lays them out. Nothing of it is
 * trusted: what does not fit is undefined.
 */
import type { IdHalves } from '../entry-id.js';
import type { PageImage, PageImages } from './page-images.js';

const LEAF_OF_TABLE = 0x0d;
const LEAF_HEADER_BYTES = 8;
/** The longest payload of a segment's record; a row is hardly longer than the record that it was made of. */
const MOST_BYTES = 65 * 1024 * 1024;

/** None on a page of another kind. */
export function* cellsOn({ bytes, start }: Omit<PageImage, 'number'>): Generator<Cell> {
  if (bytes[start] !== LEAF_OF_TABLE) return;
  const cells = bytes.readUInt16BE(start + 3);
  const first = start + LEAF_HEADER_BYTES;
  for (let i = 0; i < cells && first + 2 * i + 2 <= bytes.length; i++) {
    const cell = cellAt(bytes, bytes.readUInt16BE(first + 2 * i));
    if (cell !== undefined) yield cell;
  }
}

/** A value of up to 64 bits, and where the next one begins. */
interface Varint extends IdHalves {
  readonly end: number;
}

export interface Cell {
  /** Bytes of the record. */
  readonly length: number;
  readonly id: IdHalves;
  /** Where its first bytes are. */
  readonly start: number;
}

function cellAt(bytes: Buffer, at: number): Cell | undefined {
  const length = varintAt(bytes, at);
  if (length === undefined || length.high > 0 || length.low > MOST_BYTES) return undefined;
  const id = varintAt(bytes, length.end);
  return id === undefined ? undefined : { length: length.low, id, start: id.end };
}

export type Value = string | number | IdHalves | Uint8Array | null | undefined;

interface Column {
  /** SQLite's serial type. */
  readonly type: number;
  readonly offset: number;
  readonly length: number;
}

/** Where the columns of a record are; undefined when they do not make up just that record. */
export function columnsOf(bytes: Buffer, { start, length }: Cell, most: number): Column[] | undefined {
  const header = varintAt(bytes, start);
  if (header === undefined || header.high > 0) return undefined;
  const end = start + header.low;
  if (end > bytes.length) return undefined;
  const columns: Column[] = [];
  let offset = header.low;
  for (let at = header.end; at < end; ) {
    const type = varintAt(bytes, at);
    if (type === undefined || type.high > 0 || columns.length > most) return undefined;
    const size = sizeOf(type.low);
    columns.push({ type: type.low, offset, length: size });
    offset += size;
    at = type.end;
  }
  return offset === length ? columns : undefined;
}

const SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0];

function sizeOf(type: number): number {
  return type < SIZES.length ? SIZES[type]! : (type - SIZES.length) >>> 1;
}

export function valueIn(record: Buffer, { type, offset, length }: Column): Value {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 6) {
    const high = record.readInt32BE(offset);
    const low = record.readUInt32BE(offset + 4);
    // Times fit a number, ids do not.
    const value = high * 2 ** 32 + low;
    return Number.isSafeInteger(value) ? value : { high, low };
  }
  if (type < 6) return record.readIntBE(offset, length);
  if (type < SIZES.length) return undefined;
  const bytes = record.subarray(offset, offset + length);
  return type % 2 === 0 ? bytes : bytes.toString('utf8');
}

/** All bytes of a record: those beside the others of its page, and those on pages of its own. */
export function recordOf(
  pages: PageImages,
  bytes: Buffer,
  { start, length }: Cell,
  local: number,
  from: 'log' | 'file',
): Buffer | undefined {
  if (local === length) return bytes.subarray(start, start + length);
  if (start + local + 4 > bytes.length) return undefined;
  const parts = [bytes.subarray(start, start + local)];
  let next = bytes.readUInt32BE(start + local);
  for (let left = length - local; left > 0; ) {
    const page = next === 0 ? undefined : pages.page(next, from);
    if (page === undefined) return undefined;
    const part = page.subarray(4, Math.min(pages.pageBytes, 4 + left));
    parts.push(part);
    left -= part.length;
    next = page.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

/** How much of a record is on the leaf itself. A store's pages have nothing reserved at their ends, whatever the header says. */
export function localBytes(length: number, usable: number): number {
  const most = usable - 35;
  if (length <= most) return length;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}

/** Seven bits a byte, the highest first, and eight in the ninth. */
function varintAt(bytes: Buffer, at: number): Varint | undefined {
  let [high, low] = [0, 0];
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    const bits = i === 8 ? 8 : 7;
    high = ((high << bits) | (low >>> (32 - bits))) >>> 0;
    low = ((low << bits) | (i === 8 ? byte : byte & 0x7f)) >>> 0;
    if (byte < 0x80 || i === 8) return { high, low, end: at + i + 1 };
  }
  return undefined;
}
