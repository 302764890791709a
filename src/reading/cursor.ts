/**
 * A position as a text that users keep: a byte for the version, then slot and last id of each slot, then a checksum that
 * a position in another store does not pass.
 */
import { crc32 } from 'node:zlib';
import { slotOf } from '../deletion.js';
import { Position } from './position.js';

const VERSION = 1;
const SLOT_BYTES = 8;
const FRAME_BYTES = 5;

export function formatCursor(position: Position, storeId: string): string {
  const ids = position.ids().sort((a, b) => slotOf(a.low) - slotOf(b.low));
  const bytes = Buffer.alloc(FRAME_BYTES + ids.length * SLOT_BYTES);
  bytes[0] = VERSION;
  // An id names its slot.
  for (const [i, { high, low }] of ids.entries()) {
    bytes.writeUInt32BE(high, 1 + i * SLOT_BYTES);
    bytes.writeUInt32BE(low, 5 + i * SLOT_BYTES);
  }
  bytes.writeUInt32BE(checksum(bytes, storeId), bytes.length - 4);
  return bytes.toString('base64url');
}

/** Undefined when it is none, or one of another store. */
export function parseCursor(text: string, storeId: string): Position | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const isWhole = bytes.length >= FRAME_BYTES && (bytes.length - FRAME_BYTES) % SLOT_BYTES === 0;
  if (!isWhole || bytes[0] !== VERSION) return undefined;
  if (bytes.readUInt32BE(bytes.length - 4) !== checksum(bytes, storeId)) return undefined;
  const position = new Position();
  for (let at = 1; at + SLOT_BYTES <= bytes.length - 4; at += SLOT_BYTES)
    position.reach({ high: bytes.readUInt32BE(at), low: bytes.readUInt32BE(at + 4) });
  return position;
}

function checksum(bytes: Buffer, storeId: string): number {
  return crc32(bytes.subarray(0, -4), crc32(storeId));
}
