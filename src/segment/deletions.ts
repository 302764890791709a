/**
 * The deletes that waiting segments hold. They stand before the entries of a segment, so reading its beginning is
 * enough, and once something of it is proven they do not change.
 */
import { type Delete, decodeDelete } from './control-payload.js';
import type { Disk } from './disk.js';
import { RECORD_TYPE } from './layout.js';
import { segmentIdOf } from './segment-name.js';
import { SegmentReading, type Source } from './segment-reading.js';

export class WaitingDeletions {
  readonly #disk: Disk;
  #known = new Map<string, readonly Delete[]>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async of(sources: readonly Source[]): Promise<Delete[]> {
    const known = new Map<string, readonly Delete[]>();
    const all: Delete[] = [];
    for (const source of sources) {
      const id = segmentIdOf(source.name);
      let deletes = this.#known.get(id);
      if (deletes === undefined) {
        const head = await readHead(this.#disk, source);
        deletes = head.deletes;
        if (!head.isComplete) {
          all.push(...deletes);
          continue;
        }
      }
      known.set(id, deletes);
      all.push(...deletes);
    }
    this.#known = known;
    return all;
  }
}

interface Head {
  readonly deletes: readonly Delete[];
  /** Nothing can be added to it any more. */
  readonly isComplete: boolean;
}

async function readHead(disk: Disk, source: Source): Promise<Head> {
  const reading = await SegmentReading.begin(disk, source);
  const deletes: Delete[] = [];
  if (reading === undefined) return { deletes, isComplete: false };
  try {
    for (let items = await reading.next(); items !== undefined; items = await reading.next()) {
      for (const item of items) {
        if (item.kind === 'hole' || item.type === RECORD_TYPE.cut) continue;
        if (item.type !== RECORD_TYPE.delete) return { deletes, isComplete: true };
        const request = decodeDelete(item.bytes.subarray(item.payloadStart, item.payloadEnd));
        if (request !== undefined) deletes.push(request);
      }
    }
    return { deletes, isComplete: source.writer !== 'live' };
  } catch (error) {
    // Whoever reads on meets the same place, and reports it.
    const { cause } = error as Error;
    if ((cause as NodeJS.ErrnoException | undefined)?.code !== 'EIO') throw error;
    return { deletes, isComplete: false };
  } finally {
    await reading.close();
  }
}

/** Whether `request` names the entry. */
export function isDeletedBy(
  request: Delete,
  entry: {
    readonly idHigh: number;
    readonly idLow: number;
    readonly taskId: string;
    readonly timestamp: number;
  },
): boolean {
  if (request.taskId !== null && request.taskId !== entry.taskId) return false;
  if (request.before !== null && entry.timestamp >= request.before) return false;
  return request.upTo.some(
    ({ high, low }) =>
      (low & 1023) === (entry.idLow & 1023) &&
      (entry.idHigh < high || (entry.idHigh === high && entry.idLow <= low)),
  );
}
