/**
 * The ceiling of a slot: no id of the slot was ever given above it. It stands in the slot's lock file, in copies with a
 * CRC each, every copy in sectors of its own, and the highest that can be read is the ceiling.
 *
 * A ceiling is written in two copies, and synced before ids above the old one are given. If the power goes on the way,
 * either copy may be old, new or torn, and whichever can be read is high enough. If none can be read, nobody uses the
 * slot again.
 *
 * There are two pairs of copies, because a raise that cannot wait may meet one that is in a thread of the pool: were
 * they to write to the same place, the lower one could land last, below ids that were already given.
 */
import { crc32 } from './crc.js';
import { call, readFully, type Steps, writeFully } from './steps.js';

const MAGIC = Buffer.from('alogslot');
const COPY = { size: 24, magic: 0, ceiling: 8, reserved: 16, crc: 20 } as const;
/** Disks write at least sectors of 512 bytes, many of 4096. */
const COPY_PLACES = { background: [0, 4096], immediate: [8192, 12_288] } as const;

export type CeilingCopies = keyof typeof COPY_PLACES;

/** The highest tick that may have been given; 'none' when the slot is new, 'unreadable' when it must not be used. */
export type Ceiling = number | 'none' | 'unreadable';

export function* readCeiling(fd: number): Steps<Ceiling> {
  const { size } = yield* call('fstat', fd);
  if (size === 0) return 'none';
  const ceilings: number[] = [];
  for (const place of Object.values(COPY_PLACES).flat()) {
    const bytes = Buffer.alloc(COPY.size);
    yield* readFully(fd, bytes, place);
    const ceiling = decode(bytes);
    if (ceiling !== undefined) ceilings.push(ceiling);
  }
  return ceilings.length === 0 ? 'unreadable' : Math.max(...ceilings);
}

/** When it returns, the ceiling is not below `ceiling`, come what may. */
export function* writeCeiling(fd: number, ceiling: number, copies: CeilingCopies): Steps<void> {
  const bytes = encode(ceiling);
  for (const place of COPY_PLACES[copies]) yield* writeFully(fd, bytes, place);
  yield* call('fdatasync', fd);
}

/** Writes all copies, so that the ceiling becomes `ceiling` even if it was higher. */
export function* lowerCeiling(fd: number, ceiling: number): Steps<void> {
  const bytes = encode(ceiling);
  for (const place of Object.values(COPY_PLACES).flat()) yield* writeFully(fd, bytes, place);
  yield* call('fdatasync', fd);
}

function encode(ceiling: number): Buffer {
  const bytes = Buffer.alloc(COPY.size);
  MAGIC.copy(bytes, COPY.magic);
  bytes.writeBigUInt64LE(BigInt(ceiling), COPY.ceiling);
  bytes.writeInt32LE(crc32(bytes, 0, COPY.crc), COPY.crc);
  return bytes;
}

function decode(bytes: Buffer): number | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (crc32(bytes, 0, COPY.crc) !== bytes.readInt32LE(COPY.crc)) return undefined;
  return Number(bytes.readBigUInt64LE(COPY.ceiling));
}
