/**
 * Where every byte of a segment stands: the only file that knows offsets, sizes and magic numbers.
 * `docs/format.md` says the same in prose; a change here is a change of the format.
 */

export const FORMAT_VERSION = 1;

/** Starts like PNG's: a byte that is no text, then line ends that a text-mode transfer would change. */
export const MAGIC = Uint8Array.of(0x89, 0x41, 0x4c, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export const FILE_HEADER = {
  size: 64,
  magic: 0, // 8 bytes
  version: 8, // u16
  length: 10, // u16, of this header
  incompatible: 12, // u32, features without which the file must not be read
  segmentId: 16, // 16 random bytes
  slot: 32, // u16
  compatible: 34, // u16, features that a reader may ignore
  pid: 36, // u32
  baseId: 40, // u64, above those of the slot's older segments
  created: 48, // u64, epoch milliseconds
  reserved: 56, // u32, zero
  crc: 60, // u32, of all before it; always the last four bytes of the header
} as const;

/** A header says its own length; one that claims more than this is not believed. */
export const MAX_FILE_HEADER_BYTES = 4096;

/** Compatible feature: the space behind the records holds bytes of an older life of the file, not zeros. */
export const RECYCLED = 1;

export const RECORD = {
  headerSize: 32,
  sync: 0, // u32
  type: 4, // u8
  flags: 5, // u8
  reserved: 6, // u16, zero
  length: 8, // u32, of the payload
  batch: 12, // u32, counted from 1
  id: 16, // u64
  payloadCrc: 24, // u32
  headerCrc: 28, // u32, of all before it
} as const;

/** FE C1 F9 FF on disk: four bytes of which none occurs in UTF-8, so no text can look like a record. */
export const SYNC = 0xfff9c1fe;

/** Every record starts at a multiple of this; the bytes between are zero. */
export const ALIGNMENT = 8;

/** A longer payload is not written and not believed. */
export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

export const RECORD_TYPE = { entry: 1, mark: 2, seal: 3, delete: 4, cut: 5 } as const;

export const FLAG = { endOfBatch: 1, moreOfGroup: 2 } as const;

/** The payload of an entry: these fields, then taskId, type, agent, detail and text, one behind the other. */
export const ENTRY = {
  headerSize: 20,
  timestamp: 0, // i64, epoch milliseconds
  taskIdLength: 8, // u16
  typeLength: 10, // u16
  agentLength: 12, // u16
  has: 14, // u16, which of the optional fields are there
  detailLength: 16, // u32; the text has what remains
} as const;

export const HAS = { agent: 1, detail: 2 } as const;

/** The payload of a cut. */
export const CUT = { size: 20, segmentId: 0, lastBatch: 16 } as const;

/** The payload of a seal: what the segment held when it was sealed, the seal itself not counted. */
export const SEAL = { size: 8, records: 0, entries: 4 } as const;

export function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

/** Bytes that a record with this payload takes in the file, padding included. */
export function recordSize(payloadLength: number): number {
  return align(RECORD.headerSize + payloadLength);
}
