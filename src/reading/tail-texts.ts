/** What entries of waiting segments say, read from their files where the index says that they stand. */
import type { Row } from '../destination.js';
import { ioError } from '../errors.js';
import { giveWay } from '../give-way.js';
import { groupBy } from '../group-by.js';
import { CrcSeed } from '../segment/crc.js';
import { decodeTexts } from '../segment/entry-payload.js';
import { recordSize } from '../segment/layout.js';
import { payloadIsGood, readRecord } from '../segment/record.js';
import { isBadDisk } from '../segment/slot-stream.js';
import { readFully, runSync } from '../segment/steps.js';
import type { Place } from './snapshot.js';
import type { TailItem } from './tail-stream.js';

/** Records that stand so near to each other are read at once. */
const LARGEST_GAP = 4096;
const LONGEST_READ = 256 * 1024;

/** Of those that can still be read there; what is missing is a row now, or was deleted, or is damaged. */
export async function textsOf(place: Place, items: readonly TailItem[]): Promise<Map<TailItem, Row>> {
  const texts = new Map<TailItem, Row>();
  for (const [waiting, ofSegment] of groupBy(items, (item) => item.waiting)) {
    const seed = new CrcSeed(Buffer.from(waiting.id, 'hex'));
    for (const group of groupsOf(ofSegment)) {
      readGroup(place, group, seed, texts);
      await giveWay();
    }
  }
  return texts;
}

/** Those of a segment that are to be read at once. */
function groupsOf(items: TailItem[]): TailItem[][] {
  const groups: TailItem[][] = [];
  items.sort((a, b) => a.n - b.n);
  let group: TailItem[] = [];
  for (const item of items) {
    const [first, last] = [group[0], group.at(-1)];
    const isNear =
      first !== undefined &&
      last !== undefined &&
      startOf(item) - endOf(last) <= LARGEST_GAP &&
      endOf(item) - startOf(first) <= LONGEST_READ;
    if (!isNear) {
      group = [];
      groups.push(group);
    }
    group.push(item);
  }
  return groups;
}

function readGroup(place: Place, group: readonly TailItem[], seed: CrcSeed, texts: Map<TailItem, Row>): void {
  const { waiting } = group[0]!;
  const file = place.tail.fileOf(waiting);
  if (file === undefined) return;
  const from = startOf(group[0]!);
  const bytes = Buffer.allocUnsafe(endOf(group.at(-1)!) - from);
  let length: number;
  try {
    length = runSync(place.disk, readFully(file.fd, bytes, from));
  } catch (error) {
    const failure = ioError(`cannot read ${file.path}, ${bytes.length} bytes from offset ${from} on`, error);
    if (!isBadDisk(failure)) throw failure;
    // A place that the disk cannot read does not hide what stands beside it.
    const half = group.length >> 1;
    if (half === 0) return;
    readGroup(place, group.slice(0, half), seed, texts);
    readGroup(place, group.slice(half), seed, texts);
    return;
  }
  for (const item of group) {
    const offset = startOf(item);
    const row = endOf(item) - from <= length ? rowAt(bytes, offset - from, seed.at(offset), item) : undefined;
    if (row !== undefined) texts.set(item, row);
  }
}

/** The bytes were good when they were first read; they may not be any more. */
function rowAt(bytes: Buffer, at: number, seed: number, { idHigh, idLow }: TailItem): Row | undefined {
  const record = readRecord(bytes, at, seed, at);
  if (record === undefined || record.payloadEnd > bytes.length || !payloadIsGood(record, seed))
    return undefined;
  const texts = decodeTexts(bytes, record.payloadStart, record.payloadEnd);
  return texts === undefined ? undefined : { idHigh, idLow, ...texts };
}

function startOf({ places, n }: TailItem): number {
  return places.offset(n);
}

function endOf({ places, n }: TailItem): number {
  return places.offset(n) + recordSize(places.length(n));
}
