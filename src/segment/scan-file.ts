/** Runs a scanner over a file, reading as it asks, into one buffer that grows to the longest read. */
import type { DiskFile } from './disk.js';
import type { SegmentScanner, Wanted } from './segment-scanner.js';
import type { ScanItem } from './sightings.js';
import type { Verdict } from './verdict.js';

/** The items of each step are valid until the next one. */
export async function* scanFile(
  file: DiskFile,
  scanner: SegmentScanner,
): AsyncGenerator<ScanItem[], Verdict> {
  let buffer = Buffer.alloc(0);
  for (let wanted = scanner.wanted; wanted !== null; wanted = scanner.wanted) {
    buffer = roomFor(wanted, buffer);
    const bytes = buffer.subarray(0, wanted.length);
    yield scanner.push(bytes.subarray(0, await file.read(bytes, wanted.offset)));
  }
  return scanner.verdict!;
}

export function* scanFileSync(file: DiskFile, scanner: SegmentScanner): Generator<ScanItem[], Verdict> {
  let buffer = Buffer.alloc(0);
  for (let wanted = scanner.wanted; wanted !== null; wanted = scanner.wanted) {
    buffer = roomFor(wanted, buffer);
    const bytes = buffer.subarray(0, wanted.length);
    yield scanner.push(bytes.subarray(0, file.readSync(bytes, wanted.offset)));
  }
  return scanner.verdict!;
}

function roomFor({ length }: Wanted, buffer: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  return buffer.length >= length ? buffer : Buffer.allocUnsafeSlow(length);
}
