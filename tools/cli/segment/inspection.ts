/** One segment, read to its end and summed up. */
import { formatId } from '../../../src/entry-id.js';
import { type FileHeader, readFileHeader } from '../../../src/segment/file-header.js';
import { FORMAT_VERSION, MAX_FILE_HEADER_BYTES } from '../../../src/segment/layout.js';
import { segmentIdOf } from '../../../src/segment/segment-name.js';
import type { Verdict } from '../../../src/segment/verdict.js';
import { Contents } from './contents.js';
import type { SegmentInput } from './segment-input.js';
import { verdictJson } from './verdict-report.js';

export interface Inspection {
  readonly segment: SegmentInput;
  /** Undefined when it cannot be believed, or not be read by this program. */
  readonly header: FileHeader | undefined;
  readonly verdict: Verdict;
  readonly contents: Contents;
}

export function inspect(segment: SegmentInput): Inspection {
  const scan = segment.scan();
  const contents = new Contents();
  for (let items = scan.next(); items !== undefined; items = scan.next())
    for (const item of items) if (item.kind === 'record') contents.add(item);
  const { header, verdict } = scan.scanner;
  return { segment, header, verdict: verdict!, contents };
}

/** The version that the file says it has, if its header can be believed. */
export function versionOf(segment: SegmentInput): number | undefined {
  const reading = readFileHeader(segment.bytesAt(0, MAX_FILE_HEADER_BYTES));
  if (reading.kind === 'unreadable') return undefined;
  return reading.kind === 'good' ? FORMAT_VERSION : reading.version;
}

/** For `--json`. */
export function inspectionJson({ segment, header, verdict, contents }: Inspection) {
  const { path, size, writer } = segment;
  return {
    path,
    bytes: size,
    header: header === undefined ? null : headerJson(header),
    writer: writer === 'sealed' ? 'sealed' : writer === 'live' ? 'alive' : 'dead',
    verdict: verdictJson(verdict),
    types: contents.records,
    entries: Object.fromEntries(contents.types.counted.map(({ name, entries }) => [name, entries])),
    tasks: contents.tasks.counted.map(({ name: taskId, entries, bytes }) => ({ taskId, entries, bytes })),
    sizes: contents.sizes,
    timeline: contents.timeline.result,
    fill: contents.fill(size, verdict),
    holes: verdict.holes.map(({ cause, offset, length, lost }) => ({
      cause,
      offset,
      length,
      lost: lost?.id ?? null,
    })),
    tail: verdict.tail,
  };
}

function headerJson(header: FileHeader) {
  const { slot, pid, baseId, created, recycled } = header;
  return {
    version: FORMAT_VERSION,
    segmentId: segmentIdOf(header),
    slot,
    pid,
    baseId: formatId(baseId.high, baseId.low),
    created,
    recycled,
  };
}
