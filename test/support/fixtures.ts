/**
 * The segments under test/fixtures/format-1: one of every kind that version 1 of the format knows. They are committed,
 * so that every later version of agentlog is held to reading what this one wrote.
 */
import type { CheckedEntry } from '../../src/entry.js';
import { FILE_HEADER, RECORD } from '../../src/segment/layout.js';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { formatSegmentName } from '../../src/segment/segment-name.js';
import type { Writer } from '../../src/segment/verdict.js';
import { entryOf, headerOf, idAt, recordsOf } from './segments.js';
import { withCrc } from './tamper.js';

export interface Fixture {
  /** The folder, and what the case is called. */
  readonly name: string;
  readonly file: string;
  readonly bytes: Buffer;
  readonly writer: Writer;
  readonly lastBatch?: number;
}

const SPACE_AHEAD = 2048;

const ENTRIES: CheckedEntry[] = [
  entryOf('Reading the failing test first.', { type: 'thinking' }),
  entryOf('npm test', {
    type: 'tool',
    detail: '{"tool":"bash","args":{"timeout":120000},"__proto__":{"x":-0}}',
  }),
  entryOf('2 failed, 40 passed\n\u001b[31mFAIL\u001b[0m a\u0000b', { type: 'tool_result', timestamp: -1 }),
  entryOf('', { taskId: 'tâsk ✓ 🦊', agent: undefined }),
  entryOf('Naïve ✓ 🦊 done.', { agent: '', detail: 'null' }),
];

/** Four batches: a lone entry, a mark and two entries, an atomic group of three with a delete, a lone entry. */
function fourBatches(image: SegmentImage): SegmentImage {
  const [thinking, tool, result, empty, unicode] = ENTRIES as [
    CheckedEntry,
    CheckedEntry,
    CheckedEntry,
    CheckedEntry,
    CheckedEntry,
  ];
  return image
    .entry(thinking, idAt(1))
    .endBatch()
    .mark()
    .entry(tool, idAt(2))
    .entry(result, idAt(3))
    .endBatch()
    .entry(empty, idAt(4), true)
    .entry(unicode, idAt(5), true)
    .entry(thinking, idAt(6))
    .delete({ taskId: 'task-1', upTo: [idAt(3), idAt(5)], before: null }, idAt(7))
    .endBatch()
    .entry(entryOf('x'.repeat(700)), idAt(8))
    .endBatch();
}

export function makeFixtures(): Fixture[] {
  const fixtures: Fixture[] = [];
  let seed = 100;
  const add = (
    name: string,
    writer: Writer,
    make: (image: SegmentImage) => Buffer,
    { state = writer === 'sealed' ? 'sealed' : 'open', file = '', recycled = false, lastBatch = -1 } = {},
  ) => {
    const header = headerOf(seed++, recycled);
    const bytes = make(new SegmentImage(header));
    fixtures.push({
      name,
      file: file || formatSegmentName({ ...header, state: state as 'open' | 'sealed' }),
      bytes,
      writer,
      ...(lastBatch >= 0 && { lastBatch }),
    });
    return header;
  };
  const sealed = (image: SegmentImage) => fourBatches(image).seal().bytes();
  const open = (image: SegmentImage) => fourBatches(image).mark().bytes();
  const ahead = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(SPACE_AHEAD)]);
  const change = (bytes: Buffer, at: number, length = 1) => bytes.fill(bytes[at]! ^ 0x20, at, at + length);
  const at = (bytes: Buffer, record: number, place: number) => recordsOf(bytes)[record]!.offset + place;

  add('sealed', 'sealed', sealed);
  add('sealed-not-renamed', 'gone', sealed);
  add('open-live', 'live', (image) => ahead(open(image)));
  add('open-recovered', 'gone', (image) => ahead(open(image)));
  add('open-last-batch-whole', 'gone', (image) => ahead(fourBatches(image).bytes()));
  add('open-empty', 'gone', (image) => ahead(image.bytes()));
  add('torn-last-batch', 'gone', (image) => {
    const bytes = open(image);
    const more = fourBatches(image).bytes();
    const torn = recordsOf(more)[recordsOf(bytes).length + 2]!;
    return ahead(more.subarray(0, torn.offset + 50));
  });
  add('torn-sector', 'gone', (image) => {
    const before = open(image).length;
    const bytes = image
      .entry(entryOf('y'.repeat(600)), idAt(9))
      .entry(entryOf('z'.repeat(600)), idAt(10))
      .endBatch()
      .bytes();
    return ahead(bytes.fill(0, Math.ceil(before / 512) * 512, Math.ceil(before / 512) * 512 + 512));
  });
  add(
    'recycled',
    'gone',
    (image) => {
      const older = fourBatches(new SegmentImage(headerOf(99))).bytes();
      const bytes = image.entry(ENTRIES[0]!, idAt(1)).endBatch().mark().bytes();
      return Buffer.concat([bytes, older.subarray(bytes.length)]);
    },
    { recycled: true },
  );
  add('damaged-payload', 'sealed', (image) => {
    const bytes = sealed(image);
    return change(bytes, at(bytes, 3, RECORD.headerSize + 30));
  });
  add('damaged-record-header', 'sealed', (image) => {
    const bytes = sealed(image);
    return change(bytes, at(bytes, 3, RECORD.length));
  });
  add('damaged-sector-zeroed', 'sealed', (image) => sealed(image).fill(0, 512, 1024));
  add('damaged-truncated', 'sealed', (image) => sealed(image).subarray(0, 1111));
  add('damaged-file-header', 'sealed', (image) => change(sealed(image), FILE_HEADER.segmentId, 4));
  add('damaged-and-torn', 'gone', (image) => {
    const bytes = open(image);
    change(bytes, at(bytes, 2, RECORD.headerSize + 5));
    return Buffer.concat([bytes, Buffer.from('what is left of a batch')]);
  });
  add('unreadable', 'gone', (image) => change(sealed(image), FILE_HEADER.segmentId, 4), {
    file: 'without-a-name',
  });
  add('newer-version', 'sealed', (image) =>
    withCrc(sealed(image), (b) => b.writeUInt16LE(2, FILE_HEADER.version)),
  );
  add('unknown-features', 'sealed', (image) =>
    withCrc(sealed(image), (b) => b.writeUInt32LE(0x10, FILE_HEADER.incompatible)),
  );
  const abandoned = add('cut-abandoned', 'cut', (image) => ahead(fourBatches(image).bytes()), {
    lastBatch: 3,
  });
  add('cut-successor', 'gone', (image) =>
    image
      .cut({ segmentId: abandoned.segmentId, lastBatch: 3 })
      .entry(entryOf('x'.repeat(700)), idAt(8))
      .endBatch()
      .mark()
      .bytes(),
  );
  return fixtures;
}
