/** The first bytes of a segment file: who wrote it, in which version of the format, and the id that seeds its CRCs. */
import type { IdHalves } from '../entry-id.js';
import { crc32 } from './crc.js';
import { FILE_HEADER, FORMAT_VERSION, MAGIC, MAX_FILE_HEADER_BYTES, RECYCLED } from './layout.js';

export interface FileHeader {
  readonly segmentId: Uint8Array;
  readonly slot: number;
  readonly baseId: IdHalves;
  /** Epoch milliseconds. */
  readonly created: number;
  readonly pid: number;
  /** The file had an older life: behind the records stand its remains, not zeros. */
  readonly recycled: boolean;
}

/** What the beginning of a file turned out to be. Only a header whose CRC is right is believed in anything. */
export type HeaderReading =
  | { readonly kind: 'good'; readonly header: FileHeader }
  | { readonly kind: 'unsupported'; readonly version: number; readonly incompatible: number }
  | { readonly kind: 'unreadable' };

export function encodeFileHeader(header: FileHeader): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER.size);
  bytes.set(MAGIC, FILE_HEADER.magic);
  bytes.writeUInt16LE(FORMAT_VERSION, FILE_HEADER.version);
  bytes.writeUInt16LE(FILE_HEADER.size, FILE_HEADER.length);
  bytes.set(header.segmentId, FILE_HEADER.segmentId);
  bytes.writeUInt16LE(header.slot, FILE_HEADER.slot);
  bytes.writeUInt16LE(header.recycled ? RECYCLED : 0, FILE_HEADER.compatible);
  bytes.writeUInt32LE(header.pid, FILE_HEADER.pid);
  bytes.writeUInt32LE(header.baseId.low, FILE_HEADER.baseId);
  bytes.writeUInt32LE(header.baseId.high, FILE_HEADER.baseId + 4);
  bytes.writeBigUInt64LE(BigInt(header.created), FILE_HEADER.created);
  bytes.writeInt32LE(crc32(bytes, 0, FILE_HEADER.crc), FILE_HEADER.crc);
  return bytes;
}

/** Reads the header at the beginning of `bytes`, which may be shorter or longer than a header. */
export function readFileHeader(bytes: Buffer): HeaderReading {
  if (bytes.length < FILE_HEADER.size) return { kind: 'unreadable' };
  if (MAGIC.some((byte, i) => bytes[FILE_HEADER.magic + i] !== byte)) return { kind: 'unreadable' };
  const length = bytes.readUInt16LE(FILE_HEADER.length);
  if (length < FILE_HEADER.size || length > Math.min(bytes.length, MAX_FILE_HEADER_BYTES)) {
    return { kind: 'unreadable' };
  }
  if (crc32(bytes, 0, length - 4) !== bytes.readInt32LE(length - 4)) return { kind: 'unreadable' };

  const version = bytes.readUInt16LE(FILE_HEADER.version);
  const incompatible = bytes.readUInt32LE(FILE_HEADER.incompatible);
  if (version !== FORMAT_VERSION || incompatible !== 0 || length !== FILE_HEADER.size) {
    return { kind: 'unsupported', version, incompatible };
  }
  const header: FileHeader = {
    segmentId: new Uint8Array(bytes.subarray(FILE_HEADER.segmentId, FILE_HEADER.segmentId + 16)),
    slot: bytes.readUInt16LE(FILE_HEADER.slot),
    baseId: {
      high: bytes.readUInt32LE(FILE_HEADER.baseId + 4),
      low: bytes.readUInt32LE(FILE_HEADER.baseId),
    },
    created: Number(bytes.readBigUInt64LE(FILE_HEADER.created)),
    pid: bytes.readUInt32LE(FILE_HEADER.pid),
    recycled: (bytes.readUInt16LE(FILE_HEADER.compatible) & RECYCLED) !== 0,
  };
  return { kind: 'good', header };
}
