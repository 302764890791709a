/** What rot of a waiting segment may cost, and what other segments still hold, worked out from the bytes of their files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FILE_HEADER, RECORD_TYPE } from '../../../src/segment/layout.js';
import { parseSegmentName } from '../../../src/segment/segment-name.js';
import { SegmentScanner } from '../../../src/segment/segment-scanner.js';
import { expectAfterRot } from '../fuzz/rot-model.js';
import { runScanner, type Seen } from '../segments.js';

export interface ExpectedLoss {
  /** Ids that can no longer be read there, which must be told. */
  readonly told: ReadonlySet<string>;
  /** Ids of which nothing left in the file says that they were acknowledged: as if the writer had died before. */
  readonly untold: ReadonlySet<string>;
}

export function expectedLoss(original: string, rotten: string): ExpectedLoss {
  const sealed = original.endsWith('.sealed');
  const known = recordsIn(original);
  const entries = entriesOf(known);
  // That a file is missing, nothing tells.
  if (!existsSync(rotten)) return { told: new Set(), untold: new Set(entries) };
  const { records, lost } = expectAfterRot(readFileSync(original), readFileSync(rotten), known, sealed);
  const ids = (some: typeof records) => new Set(some.map(({ id }) => id));
  const [there, told] = [ids(records), ids(lost)];
  return { told, untold: new Set(entries.filter((id) => !there.has(id) && !told.has(id))) };
}

/** The ids in all segments of a store but those that were damaged. */
export function heldBySegments(store: string, damaged: readonly string[]): Set<string> {
  let files = heldByFile.get(store);
  if (files === undefined) {
    const names = ['segments', 'archive', 'quarantine'].flatMap((folder) =>
      readdirSync(join(store, folder)).map((name) => join(folder, name)),
    );
    files = new Map(names.map((file) => [file, entriesOf(recordsIn(join(store, file)))]));
    heldByFile.set(store, files);
  }
  return new Set([...files].flatMap(([file, ids]) => (damaged.includes(file) ? [] : ids)));
}

/** Of the stores that cases are copies of. */
const heldByFile = new Map<string, ReadonlyMap<string, string[]>>();

/** Also those of which nothing but the name tells that they are the last: all of it was acknowledged. */
function recordsIn(path: string): Seen[] {
  const bytes = readFileSync(path);
  const whole = bytes.subarray(0, endOf(bytes));
  const name = parseSegmentName(basename(path));
  const scanner = new SegmentScanner({ size: whole.length, writer: 'sealed', name });
  return runScanner(scanner, (offset, length) => whole.subarray(offset, offset + length)).records;
}

function entriesOf(records: readonly Seen[]): string[] {
  return records.filter(({ type }) => type === RECORD_TYPE.entry).map(({ id }) => id);
}

/** Behind the last record; what follows was never written. */
function endOf(bytes: Buffer): number {
  let end = bytes.length;
  while (end > FILE_HEADER.size && bytes[end - 1] === 0) end--;
  return Math.ceil(end / 8) * 8;
}
