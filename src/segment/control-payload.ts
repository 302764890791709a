/** The payloads of the records that are no entries: deletes, cuts and seals. A mark has none. */
import type { Deletion } from '../deletion.js';
import { formatId, type IdHalves, parseId } from '../entry-id.js';
import { CUT, SEAL } from './layout.js';

/** The end of another segment of the same slot, whose later batches exist for nobody. */
export interface Cut {
  readonly segmentId: Uint8Array;
  /** The last batch that was synced; 0 when none was. */
  readonly lastBatch: number;
}

/** What a segment held when it was sealed, the seal itself not counted. */
export interface Seal {
  readonly records: number;
  readonly entries: number;
}

// Deletes are rare and of any size, so they are JSON, which people can read in the file.
export function encodeDelete(request: Deletion): Buffer {
  const upTo = request.upTo.map(({ high, low }) => formatId(high, low));
  return Buffer.from(JSON.stringify({ taskId: request.taskId, upTo, before: request.before }));
}

export function decodeDelete(payload: Buffer): Deletion | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { taskId, upTo, before } = value as Record<string, unknown>;
  if (taskId !== null && typeof taskId !== 'string') return undefined;
  if (before !== null && !Number.isSafeInteger(before)) return undefined;
  if (!Array.isArray(upTo)) return undefined;
  const ids = upTo.map((id) => (typeof id === 'string' ? parseId(id) : undefined));
  if (ids.includes(undefined)) return undefined;
  return { taskId, upTo: ids as IdHalves[], before: before as number | null };
}

export function encodeCut(cut: Cut): Buffer {
  const payload = Buffer.alloc(CUT.size);
  payload.set(cut.segmentId, CUT.segmentId);
  payload.writeUInt32LE(cut.lastBatch, CUT.lastBatch);
  return payload;
}

export function decodeCut(payload: Buffer): Cut | undefined {
  if (payload.length < CUT.size) return undefined;
  return {
    segmentId: new Uint8Array(payload.subarray(CUT.segmentId, CUT.segmentId + 16)),
    lastBatch: payload.readUInt32LE(CUT.lastBatch),
  };
}

export function encodeSeal(seal: Seal): Buffer {
  const payload = Buffer.alloc(SEAL.size);
  payload.writeUInt32LE(seal.records, SEAL.records);
  payload.writeUInt32LE(seal.entries, SEAL.entries);
  return payload;
}

export function decodeSeal(payload: Buffer): Seal | undefined {
  if (payload.length < SEAL.size) return undefined;
  return { records: payload.readUInt32LE(SEAL.records), entries: payload.readUInt32LE(SEAL.entries) };
}
