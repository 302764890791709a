/** One segment read from its beginning to its end: the verdict, and when its entries were logged. */
import { decodeNames } from '../../../src/segment/entry-payload.js';
import { RECORD_TYPE } from '../../../src/segment/layout.js';
import { SegmentReading, type Source } from '../../../src/segment/segment-reading.js';
import type { Verdict } from '../../../src/segment/verdict.js';
import { lookingDisk } from './looking-disk.js';

export interface SegmentSummary {
  /** As it was found: it may have been sealed since it was listed. */
  readonly source: Source;
  readonly bytes: number;
  readonly verdict: Verdict;
  readonly firstTimestamp: number | null;
  readonly lastTimestamp: number | null;
}

/** Undefined when it is gone: it has become rows, or was evicted. */
export async function summarize(listed: Source): Promise<SegmentSummary | undefined> {
  const reading = await SegmentReading.begin(lookingDisk, listed);
  if (reading === undefined) return undefined;
  try {
    let first: number | null = null;
    let last: number | null = null;
    for (let items = await reading.next(); items !== undefined; items = await reading.next()) {
      for (const item of items) {
        if (item.kind === 'hole' || item.type !== RECORD_TYPE.entry) continue;
        const timestamp = decodeNames(item.bytes, item.payloadStart, item.payloadEnd)?.timestamp;
        if (timestamp === undefined) continue;
        first = first === null ? timestamp : Math.min(first, timestamp);
        last = last === null ? timestamp : Math.max(last, timestamp);
      }
    }
    const { size: bytes } = await lookingDisk.call('fstat', reading.fd);
    const { source, verdict } = reading;
    return { source, bytes, verdict: verdict!, firstTimestamp: first, lastTimestamp: last };
  } finally {
    await reading.close();
  }
}
