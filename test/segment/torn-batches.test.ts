/**
 * The power goes while a batch is on its way to the disk: any of its sectors may have arrived, whole or in part, over
 * what was there before. What was synced must come back, the batch itself comes back whole or not at all, and none of
 * this is damage.
 */
import { describe, expect, it } from 'vitest';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { must } from '../support/must.js';
import { Random } from '../support/random.js';
import {
  addRandomBatches,
  areSame,
  headerOf,
  nameOf,
  recordsOf,
  type Seen,
  scanBytes,
} from '../support/segments.js';

const CASES = 10_000;
const SECTOR = 512;

/** What the space ahead of the writer held before: nothing, zeros, or an older life of the file. */
type Ground = 'end of file' | 'zeros' | 'old records';

interface Cut {
  /** What was synced before, and the batch. */
  readonly before: Seen[];
  readonly batch: Seen[];
  readonly full: Buffer;
  readonly disk: Buffer;
  readonly ground: Ground;
  readonly header: ReturnType<typeof headerOf>;
}

function makeCut(random: Random, seed: number): Cut {
  const ground = random.pick<Ground>(['end of file', 'zeros', 'old records']);
  const header = headerOf(seed, ground === 'old records');
  const build = (lastBatch: boolean) => {
    const same = new Random(seed + 1);
    const image = new SegmentImage(header);
    const next = addRandomBatches(image, same, same.between(0, 4));
    if (lastBatch) {
      if (same.chance(0.5)) image.mark();
      addRandomBatches(image, same, 1, next);
    }
    return image.bytes();
  };
  // A mark at the end is written after the sync of its predecessor, and is itself not synced.
  const { bytes: synced, records: before } = withoutLastMark(build(false));
  const { bytes: full, records } = withoutLastMark(build(true));
  const disk = groundOf(random, ground, full.length + random.below(3000), seed);
  synced.copy(disk);
  let end = synced.length;
  for (let sector = synced.length - (synced.length % SECTOR); sector < full.length; sector += SECTOR) {
    const from = Math.max(sector, synced.length);
    const to = Math.min(sector + SECTOR, full.length);
    const arrived = random.chance(0.6) ? to - from : random.chance(0.3) ? random.below(to - from) : 0;
    // A torn sector keeps its old bytes before or after those that arrived.
    const start = random.chance(0.5) ? from : to - arrived;
    full.copy(disk, start, start, start + arrived);
    if (arrived > 0) end = Math.max(end, to);
  }
  const batch = records.slice(before.length);
  return {
    before,
    batch,
    full,
    disk: ground === 'end of file' ? disk.subarray(0, end) : disk,
    ground,
    header,
  };
}

function withoutLastMark(bytes: Buffer): { bytes: Buffer; records: Seen[] } {
  const records = recordsOf(bytes);
  const last = records.at(-1);
  if (last?.type !== 2) return { bytes, records };
  return { bytes: bytes.subarray(0, last.offset), records: records.slice(0, -1) };
}

function groundOf(random: Random, ground: Ground, length: number, seed: number): Buffer {
  const disk = Buffer.alloc(length);
  if (ground !== 'old records') return disk;
  const older = new SegmentImage(headerOf(seed + 2));
  addRandomBatches(older, random, 12);
  const bytes = older.bytes();
  for (let at = 0; at < length; at += bytes.length) bytes.copy(disk, at);
  return disk;
}

/** Whether every byte of the batch that matters arrived: padding and an unsynced mark do not. */
function arrived(record: Seen, { full, disk }: Cut): boolean {
  const end = record.offset + 32 + record.payload.length / 2;
  return full.subarray(record.offset, end).equals(disk.subarray(record.offset, end));
}

describe('a batch torn by a power cut', () => {
  it(`is there whole or not at all, and is never called damage, in ${CASES} cases`, () => {
    let whole = 0;
    let torn = 0;
    for (let seed = 1; seed <= CASES; seed++) {
      const cut = makeCut(new Random(seed), seed);
      const { before, batch } = cut;
      const complete = batch.every((record) => arrived(record, cut));
      const { records, verdict } = scanBytes(cut.disk, { writer: 'gone', name: nameOf(cut.header) });

      const expected = complete ? [...before, ...batch] : before;
      // A mark is a record too, but says nothing that must come back.
      const real = (record: Seen) => record.type !== 2;
      if (!areSame(records.filter(real), expected.filter(real)))
        expect(records.filter(real), `seed ${seed}: ${verdict.reason}`).toEqual(expected.filter(real));
      const { kind, reason } = verdict;
      const about = () => `seed ${seed}: ${kind}: ${reason}`;
      must(kind === 'recovered' || kind === 'torn', about);
      if (complete) whole++;
      else torn++;
      const something = batch.some((record) => real(record) && arrived(record, cut));
      if (!complete && something) must(kind === 'torn', about);
      if (complete && cut.ground !== 'end of file') must(kind === 'recovered', about);
    }
    // Both happened often enough for the numbers above to mean something.
    expect(Math.min(whole, torn)).toBeGreaterThan(CASES / 50);
  });
});
