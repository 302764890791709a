/** How fast segments are scanned, decoded and encoded. */
import { checkEntry, type Entry } from '../../src/entry.js';
import { BatchEncoder } from '../../src/segment/batch-encoder.js';
import { CrcSeed } from '../../src/segment/crc.js';
import { decodeEntry } from '../../src/segment/entry-payload.js';
import { RECORD_TYPE } from '../../src/segment/layout.js';
import { SegmentScanner } from '../../src/segment/segment-scanner.js';
import type { Writer } from '../../src/segment/verdict.js';
import { measure } from './measure.js';
import { number, type Report } from './report.js';
import { checkedSample, sampleEntries, sampleId, sampleSegment } from './sample.js';

const ENTRIES = 16_384;
const BATCH = 1024;

function scan(bytes: Buffer, writer: Writer, decode: boolean): number {
  const scanner = new SegmentScanner({ size: bytes.length, writer });
  let entries = 0;
  for (let wanted = scanner.wanted; wanted !== null; wanted = scanner.wanted) {
    for (const item of scanner.push(bytes.subarray(wanted.offset, wanted.offset + wanted.length))) {
      if (item.kind === 'hole' || item.type !== RECORD_TYPE.entry) continue;
      entries++;
      if (decode && decodeEntry(item.bytes, item.payloadStart, item.payloadEnd) === undefined)
        entries = Number.NaN;
    }
  }
  const { kind } = scanner.verdict!;
  if (kind !== 'sealed') throw new Error(`the sample is ${kind}`);
  if (entries !== ENTRIES) throw new Error(`scanned ${entries} of ${ENTRIES}`);
  return entries;
}

/** What the host would do at the least: make JSON of the entry and copy it into a buffer. */
function encodeAsJson(entries: readonly Entry[], target: Buffer): number {
  for (let i = 0; i < entries.length; i += BATCH) {
    let at = 0;
    for (const entry of entries.slice(i, i + BATCH)) at += target.write(JSON.stringify(entry), at);
  }
  return entries.length;
}

function encodeAsRecords(entries: readonly Entry[], batch: BatchEncoder, seed: CrcSeed): number {
  for (let i = 0; i < entries.length; i += BATCH) {
    batch.clear();
    entries.slice(i, i + BATCH).forEach((entry, j) => {
      batch.addEntry(checkEntry(entry, 0, 1 << 24), sampleId(i + j));
    });
    batch.finish(seed, 64, 1);
  }
  return entries.length;
}

export function benchScan(): Report[] {
  const entries = sampleEntries(ENTRIES);
  const bytes = sampleSegment(checkedSample(ENTRIES));
  const target = Buffer.alloc(BATCH * 2048);
  const batch = new BatchEncoder();
  const seed = new CrcSeed(new Uint8Array(16));

  const reading = measure([
    { name: 'scan, sealed', run: () => scan(bytes, 'sealed', false) },
    { name: 'scan, writer gone', run: () => scan(bytes, 'gone', false) },
    { name: 'scan and decode, sealed', run: () => scan(bytes, 'sealed', true) },
  ]);
  const writing = measure([
    { name: 'JSON.stringify and buffer write', run: () => encodeAsJson(entries, target) },
    { name: 'check, encode, both CRCs', run: () => encodeAsRecords(entries, batch, seed) },
  ]);

  const bytesPerEntry = bytes.length / ENTRIES;
  const megabytes = (perSecond: number) => (perSecond * bytesPerEntry) / 1e6;
  const rows = [...reading, ...writing].map(({ name, unitsPerSecond, nanosecondsPerUnit, ratioToFirst }) => [
    name,
    number(unitsPerSecond),
    number(nanosecondsPerUnit),
    number(megabytes(unitsPerSecond)),
    number(ratioToFirst, 2),
  ]);
  const scanned = megabytes(Math.min(reading[0]!.unitsPerSecond, reading[1]!.unitsPerSecond));
  const decoded = reading[2]!.unitsPerSecond;
  const encoded = writing[1]!.ratioToFirst;
  return [
    {
      title: `Segments of ${number(ENTRIES)} entries, ${number(bytesPerEntry)} bytes each in the file, one thread`,
      rows: [['', 'entries/s', 'ns/entry', 'MB/s', 'time to first'], ...rows],
      bars: [
        {
          what: 'scanned and verified',
          bar: '>= 400 MB/s',
          measured: `${number(scanned)} MB/s`,
          met: scanned >= 400,
        },
        { what: 'decoded', bar: '>= 400,000/s', measured: `${number(decoded)}/s`, met: decoded >= 400_000 },
        {
          what: 'encoding against JSON.stringify and buffer write',
          bar: '<= 1.50x',
          measured: `${number(encoded, 2)}x`,
          met: encoded <= 1.5,
        },
      ],
    },
  ];
}
