/** The tables of src/segment/verdict.ts, a test for each row of them. */
import { describe, expect, it } from 'vitest';
import { FILE_HEADER, MAX_PAYLOAD_BYTES, RECORD, RECORD_TYPE, recordSize } from '../../src/segment/layout.js';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { SegmentScanner } from '../../src/segment/segment-scanner.js';
import { END, FRAME, HEADER, HOLE, type LastBatch, type Writer } from '../../src/segment/verdict.js';
import { entryOf, headerOf, idAt, nameOf, recordsOf, runScanner, scanBytes } from '../support/segments.js';
import { withCrc, withRecordCrc } from '../support/tamper.js';

const header = headerOf(1);

/** Batches of the given texts, numbered from 1. */
function imageOf(...batches: string[][]): SegmentImage {
  const image = new SegmentImage(header);
  let id = 1;
  for (const texts of batches) {
    for (const text of texts) image.entry(entryOf(text), idAt(id++));
    image.endBatch();
  }
  return image;
}

function rot(bytes: Buffer, at: number): Buffer {
  const rotten = Buffer.from(bytes);
  rotten[at]! ^= 0x10;
  return rotten;
}

function rotPayload(bytes: Buffer, record: number): Buffer {
  return rot(bytes, recordsOf(bytes)[record]!.offset + RECORD.headerSize);
}

function rotHeader(bytes: Buffer, record: number): Buffer {
  return rot(bytes, recordsOf(bytes)[record]!.offset + RECORD.length);
}

/** Every row of a table must have a test of its name; a new row without one fails. */
function rows<Row extends string>(table: Record<Row, unknown>, tests: Record<Row, () => void>): void {
  for (const row of Object.keys(table) as Row[]) it(row, tests[row]);
}

describe('a place where the CRC of a record’s header is good', () => {
  rows(FRAME, {
    'batch fits, payload good': () => {
      expect(scanBytes(imageOf(['a', 'b'], ['c']).bytes()).texts).toEqual(['a', 'b', 'c']);
    },
    'batch fits, payload rotten': () => {
      const bytes = imageOf(['a', 'b'], ['c']).bytes();
      const [, b] = recordsOf(bytes);
      const { texts, holes, verdict } = scanBytes(rotPayload(bytes, 1));
      expect(texts).toEqual(['a', 'c']);
      expect(holes).toEqual([
        {
          kind: 'hole',
          cause: 'payload',
          offset: b!.offset,
          length: b!.end - b!.offset,
          lost: { id: b!.id, batch: 1 },
          before: { id: recordsOf(bytes)[0]!.id, batch: 1 },
          after: null,
        },
      ]);
      expect(verdict.kind).toBe('damaged');
    },
    'batch does not fit': () => {
      const bytes = imageOf(['a'], ['b'], ['c'], ['d']).bytes();
      const [, , c, d] = recordsOf(bytes);
      const wrong = withRecordCrc(Buffer.from(bytes), header, c!.offset, (record) => {
        record.writeUInt32LE(9, RECORD.batch);
      });
      const { texts, holes, verdict } = scanBytes(wrong);
      expect(texts).toEqual(['a', 'b']);
      // "d" proves batch 3, which is lost; it is itself of a batch that nothing proves, and does not follow an end.
      expect(holes).toMatchObject([{ cause: 'bytes', offset: c!.offset, length: c!.end - c!.offset }]);
      expect(verdict.tail).toEqual({ offset: d!.offset, length: d!.end - d!.offset, records: 1 });
    },
  });
});

describe('a hole', () => {
  it('ends at the next record, whatever looks like the beginning of one before it', () => {
    const bytes = imageOf(['a'], ['b'], ['c']).bytes();
    const [, b, c] = recordsOf(bytes);
    for (const before of [4, 8, 12, 16, 20]) {
      const misleading = rotHeader(bytes, 1);
      bytes.copy(misleading, c!.offset - before, c!.offset, c!.offset + 4);
      const { holes } = scanBytes(misleading);
      expect(holes).toMatchObject([{ offset: b!.offset, length: c!.offset - b!.offset }]);
    }
  });

  it('is where a record claims to be longer than any may be', () => {
    const bytes = imageOf(['a'], ['b'], ['c']).bytes();
    const withLength = (length: number) =>
      withRecordCrc(Buffer.from(bytes), header, recordsOf(bytes)[1]!.offset, (record) => {
        record.writeUInt32LE(length, RECORD.length);
      });
    // Believed, it goes beyond the end of the file; not believed, the next record is looked for, and found.
    expect(scanBytes(withLength(MAX_PAYLOAD_BYTES)).holes).toEqual([]);
    expect(scanBytes(withLength(MAX_PAYLOAD_BYTES + 1)).holes).toMatchObject([{ cause: 'bytes' }]);
  });
});

describe('a batch number behind a hole', () => {
  it('may be later by as many batches as the hole has room for', () => {
    const bytes = imageOf(['a'], ['b'], ['c'], ['d'], ['e'], ['f']).bytes();
    const records = recordsOf(bytes);
    const zeroed = Buffer.from(bytes).fill(0, records[1]!.offset, records[4]!.offset);
    const { texts, holes } = scanBytes(zeroed);
    expect(texts).toEqual(['a', 'e', 'f']);
    expect(holes).toMatchObject([
      { cause: 'bytes', offset: records[1]!.offset, length: records[4]!.offset - records[1]!.offset },
    ]);
    expect(holes[0]!.before).toEqual({ id: records[0]!.id, batch: 1 });
    expect(holes[0]!.after).toEqual({ id: records[4]!.id, batch: 5 });
  });

  it('is no record’s when the hole has no room for that many', () => {
    const bytes = imageOf(['a'], ['b'], ['c']).bytes();
    const records = recordsOf(bytes);
    const room = Math.floor((records[2]!.offset - records[1]!.offset) / RECORD.headerSize);
    const withBatch = (batch: number) =>
      withRecordCrc(rotHeader(bytes, 1), header, records[2]!.offset, (record) => {
        record.writeUInt32LE(batch, RECORD.batch);
      });
    expect(scanBytes(withBatch(2 + room)).holes).toHaveLength(1);
    expect(scanBytes(withBatch(3 + room)).holes).toHaveLength(0);
  });

  it('is not an earlier one', () => {
    const bytes = imageOf(['a'], ['b'], ['c'], ['d']).bytes();
    const [, , c] = recordsOf(bytes);
    const wrong = withRecordCrc(Buffer.from(bytes), header, c!.offset, (record) => {
      record.writeUInt32LE(2, RECORD.batch);
    });
    expect(scanBytes(wrong).texts).toEqual(['a', 'b']);
  });
});

describe('the beginning of the file', () => {
  const good = () => imageOf(['a'], ['b']).seal().bytes();
  const newer = () => withCrc(good(), (bytes) => bytes.writeUInt16LE(2, FILE_HEADER.version));
  const named = nameOf(header);
  const cases: Record<keyof typeof HEADER, Record<'named' | 'nameless', () => void>> = {
    good: {
      named: () => expect(scanBytes(good(), { name: named }).verdict.kind).toBe('sealed'),
      nameless: () => expect(scanBytes(good()).verdict.kind).toBe('sealed'),
    },
    "another's": {
      named: () => {
        const other = nameOf(headerOf(2));
        const { texts, holes } = scanBytes(good(), { name: other });
        expect(texts).toEqual([]);
        expect(holes).toMatchObject([{ cause: 'header', offset: 0, length: 64 }]);
      },
      nameless: () => expect(scanBytes(good()).texts).toEqual(['a', 'b']),
    },
    unsupported: {
      named: () =>
        expect(scanBytes(newer(), { name: named }).verdict).toMatchObject({
          kind: 'unsupported',
          records: 0,
        }),
      nameless: () => expect(scanBytes(newer()).verdict).toMatchObject({ kind: 'unsupported', records: 0 }),
    },
    unreadable: {
      named: () => {
        const { texts, holes, verdict } = scanBytes(rot(good(), FILE_HEADER.pid), { name: named });
        expect(texts).toEqual(['a', 'b']);
        expect(holes).toMatchObject([{ cause: 'header', offset: 0, length: 64 }]);
        expect(verdict.kind).toBe('damaged');
      },
      nameless: () => {
        expect(scanBytes(rot(good(), FILE_HEADER.pid)).verdict).toMatchObject({
          kind: 'unreadable',
          records: 0,
        });
      },
    },
  };
  for (const reading of Object.keys(HEADER) as (keyof typeof HEADER)[]) {
    for (const name of ['named', 'nameless'] as const) it(`${reading}, ${name}`, cases[reading][name]);
  }

  it('unknown incompatible features are unsupported', () => {
    const bytes = withCrc(good(), (b) => b.writeUInt32LE(4, FILE_HEADER.incompatible));
    const { verdict } = scanBytes(bytes, { name: named });
    expect(verdict.kind).toBe('unsupported');
    expect(verdict.reason).toContain('0x4');
  });

  it('unknown compatible features are passed over', () => {
    const bytes = withCrc(good(), (b) => b.writeUInt16LE(0x8000, FILE_HEADER.compatible));
    expect(scanBytes(bytes).verdict.kind).toBe('sealed');
  });
});

describe('a hole in a proven batch', () => {
  /** Reads a file of three batches whose second is zeros for the first `early` reads of it. */
  function readEarly(writer: Writer, early: number) {
    const bytes = imageOf(['a'], ['b'], ['c']).mark().bytes();
    const [, b] = recordsOf(bytes);
    let reads = 0;
    const scanner = new SegmentScanner({ size: bytes.length, writer });
    const scanned = runScanner(scanner, (offset, length) => {
      const copy = Buffer.from(bytes);
      if (reads++ < early) copy.fill(0, b!.offset, b!.end);
      return copy.subarray(offset, offset + length);
    });
    return { ...scanned, reads };
  }

  rows(HOLE, {
    'live, read before the proof': () => {
      const { texts, holes, verdict, reads } = readEarly('live', 1);
      expect(texts).toEqual(['a', 'b', 'c']);
      expect(holes).toEqual([]);
      expect(verdict.kind).toBe('live');
      expect(reads).toBe(2);
    },
    'live, read after the proof': () => {
      const { texts, holes, verdict } = readEarly('live', Number.POSITIVE_INFINITY);
      expect(texts).toEqual(['a', 'c']);
      expect(holes).toHaveLength(1);
      expect(verdict.kind).toBe('damaged');
    },
    'not live': () => {
      const { texts, holes, reads } = readEarly('gone', Number.POSITIVE_INFINITY);
      expect(texts).toEqual(['a', 'c']);
      expect(holes).toHaveLength(1);
      expect(reads).toBe(1);
    },
  });
});

describe('the end of the bytes, without a seal', () => {
  const proven = () => imageOf(['a', 'b'], ['c']);
  /** A file for each state of the last batch; "c" ends the batch before it. */
  const files: Record<LastBatch, () => Buffer> = {
    // Proven by its mark, and nothing after it: to be without a last batch at all, a file has none.
    none: () => new SegmentImage(header).bytes(),
    'only its mark': () => proven().mark().bytes(),
    whole: () => proven().entry(entryOf('d'), idAt(4)).entry(entryOf('e'), idAt(5)).endBatch().bytes(),
    'has a hole': () => rotPayload(files.whole(), 3),
    'has no end': () => {
      const bytes = files.whole();
      return bytes.subarray(0, recordsOf(bytes)[4]!.offset);
    },
  };
  const lastBatches = Object.keys(files) as LastBatch[];

  describe('live', () => {
    it.each(lastBatches)('%s: wait', (last) => {
      expect(END.live[last]).toBe('wait');
      const { texts, verdict } = scanBytes(files[last](), { writer: 'live' });
      expect(verdict).toMatchObject({ kind: 'live', tail: null });
      expect(texts).toEqual(last === 'none' ? [] : ['a', 'b', 'c']);
    });
  });

  describe('gone', () => {
    const outcome: Record<LastBatch, { decision: string; kind: string; texts: string[]; tail: number }> = {
      none: { decision: 'whole', kind: 'recovered', texts: [], tail: 0 },
      'only its mark': { decision: 'whole', kind: 'recovered', texts: ['a', 'b', 'c'], tail: 0 },
      whole: { decision: 'count it', kind: 'recovered', texts: ['a', 'b', 'c', 'd', 'e'], tail: 0 },
      'has a hole': { decision: 'torn', kind: 'torn', texts: ['a', 'b', 'c'], tail: 1 },
      'has no end': { decision: 'torn', kind: 'torn', texts: ['a', 'b', 'c'], tail: 1 },
    };
    it.each(lastBatches)('%s', (last) => {
      const { decision, kind, texts, tail } = outcome[last];
      expect(END.gone[last]).toBe(decision);
      const scanned = scanBytes(files[last](), { writer: 'gone' });
      expect(scanned.verdict.kind).toBe(kind);
      expect(scanned.texts).toEqual(texts);
      expect(scanned.verdict.tail?.records ?? 0).toBe(tail);
      expect(scanned.holes).toEqual([]);
    });
  });

  describe('sealed', () => {
    it.each(lastBatches)('%s: the seal is missing, which is damage, and every good record counts', (last) => {
      expect(END.sealed[last]).toBe('damage');
      const { verdict, holes, texts } = scanBytes(files[last](), { writer: 'sealed' });
      expect(verdict.kind).toBe('damaged');
      expect(holes.at(-1)).toMatchObject({ cause: 'end' });
      const good: Partial<Record<LastBatch, string[]>> = {
        none: [],
        whole: ['a', 'b', 'c', 'd', 'e'],
        'has a hole': ['a', 'b', 'c', 'e'],
        'has no end': ['a', 'b', 'c', 'd'],
      };
      expect(texts).toEqual(good[last] ?? ['a', 'b', 'c']);
    });
  });

  describe('cut', () => {
    const cutAfter = (bytes: Buffer, lastBatch: number) => scanBytes(bytes, { writer: 'cut', lastBatch });

    it('none: the last batch before the cut is reached', () => {
      expect(END.cut.none).toBe('whole');
      expect(cutAfter(files.whole(), 3).verdict.kind).toBe('cut');
      expect(cutAfter(files.whole(), 3).texts).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(cutAfter(files.none(), 0).verdict.kind).toBe('cut');
    });
    it('whatever follows the last batch exists for nobody', () => {
      expect(cutAfter(files.whole(), 2).verdict).toMatchObject({ kind: 'cut', tail: null });
      expect(cutAfter(files.whole(), 2).texts).toEqual(['a', 'b', 'c']);
      expect(cutAfter(files['has no end'](), 2).texts).toEqual(['a', 'b', 'c']);
      expect(cutAfter(files['only its mark'](), 0).texts).toEqual([]);
    });
    it('a hole behind the last batch is no damage', () => {
      const bytes = rotHeader(files.whole(), 3);
      expect(cutAfter(bytes, 2).verdict).toMatchObject({ kind: 'cut', holeCount: 0 });
    });
    it('a hole that reaches into the last batch is damage', () => {
      const bytes = files.whole();
      const [, b, , d] = recordsOf(bytes);
      // The end of batch 1 and all of batch 2 are gone; "d" is past the cut.
      const holed = Buffer.from(bytes).fill(0, b!.offset, d!.offset);
      const { verdict, texts } = cutAfter(holed, 2);
      expect(texts).toEqual(['a']);
      expect(verdict).toMatchObject({ kind: 'damaged', holeCount: 1 });
    });
    it('only its mark: batches are missing', () => {
      expect(END.cut['only its mark']).toBe('damage');
      expect(cutAfter(files['only its mark'](), 3).verdict.kind).toBe('damaged');
    });
    it('whole: batches are missing', () => {
      expect(END.cut.whole).toBe('damage');
      expect(cutAfter(files.whole(), 4).verdict.kind).toBe('damaged');
    });
    it('has a hole', () => {
      expect(END.cut['has a hole']).toBe('damage');
      const { verdict, texts } = cutAfter(files['has a hole'](), 3);
      expect(verdict.kind).toBe('damaged');
      expect(texts).toEqual(['a', 'b', 'c', 'e']);
    });
    it('has no end', () => {
      expect(END.cut['has no end']).toBe('damage');
      const { verdict, texts } = cutAfter(files['has no end'](), 3);
      expect(verdict.kind).toBe('damaged');
      expect(texts).toEqual(['a', 'b', 'c', 'd']);
    });
  });
});

describe('the last batch', () => {
  it('does not count behind a hole, even when it looks whole: its first records may be in the hole', () => {
    const bytes = imageOf(['a'], ['b'], ['c']).bytes();
    const { texts, holes, verdict } = scanBytes(rotHeader(bytes, 1));
    expect(texts).toEqual(['a']);
    expect(holes).toHaveLength(1);
    expect(verdict.tail).toMatchObject({ records: 1 });
  });

  it('counts behind a record of which only the payload is rotten: where it begins is certain', () => {
    const bytes = imageOf(['a'], ['b'], ['c']).bytes();
    const { texts, verdict } = scanBytes(rotPayload(bytes, 1));
    expect(texts).toEqual(['a', 'c']);
    expect(verdict.tail).toBeNull();
  });

  it('counts as the first of a file whose header is rotten', () => {
    const bytes = rot(imageOf(['a', 'b']).bytes(), 0);
    expect(scanBytes(bytes, { name: nameOf(header) }).texts).toEqual(['a', 'b']);
  });
});

describe('a seal', () => {
  it('ends the segment: bytes behind it are ignored', () => {
    const bytes = imageOf(['a'], ['b']).seal().bytes();
    const more = Buffer.concat([bytes, imageOf(['x'], ['y'], ['z']).bytes()]);
    for (const writer of ['live', 'gone', 'sealed'] as const) {
      const { verdict, texts } = scanBytes(more, { writer });
      expect(verdict).toMatchObject({ kind: 'sealed', end: bytes.length, tail: null, missing: 0 });
      expect(texts).toEqual(['a', 'b']);
    }
  });

  it('proves the batch before it, also when a mark opened its own', () => {
    const bytes = imageOf(['a'], ['b']).mark().seal().bytes();
    expect(scanBytes(rotPayload(bytes, 1)).verdict).toMatchObject({
      kind: 'damaged',
      missing: 1,
      tail: null,
    });
  });

  it('may stand without the mark before it, which only its own sync would have made durable', () => {
    const bytes = imageOf(['a'], ['b']).mark().seal().bytes();
    const [, , mark] = recordsOf(bytes);
    const withoutMark = Buffer.from(bytes).fill(0, mark!.offset, mark!.end);
    expect(scanBytes(withoutMark, { writer: 'gone' }).verdict).toMatchObject({
      kind: 'sealed',
      holeCount: 0,
      missing: 0,
    });
    // With the name on disk the seal was synced, and the mark with it.
    expect(scanBytes(withoutMark, { writer: 'sealed' }).verdict).toMatchObject({
      kind: 'damaged',
      missing: 0,
    });
    // Where a batch is missing too, or more than a mark, it is damage.
    const without = (record: number) =>
      Buffer.from(bytes).fill(0, recordsOf(bytes)[record]!.offset, mark!.end);
    expect(scanBytes(without(1), { writer: 'gone' }).verdict).toMatchObject({ kind: 'damaged', missing: 1 });
  });

  it('still ends and proves when its own payload is rotten, if the name says that it was whole', () => {
    const bytes = imageOf(['a'], ['b']).seal().bytes();
    const { verdict, texts } = scanBytes(rotPayload(bytes, 2), { writer: 'sealed' });
    expect(texts).toEqual(['a', 'b']);
    expect(verdict).toMatchObject({ kind: 'damaged', missing: null, tail: null });
  });

  it('that is there in part is a torn tail, as long as the name does not say that it was synced', () => {
    const bytes = imageOf(['a'], ['b']).seal().bytes();
    const seal = recordsOf(bytes)[2]!;
    for (const torn of [
      rotPayload(bytes, 2),
      bytes.subarray(0, bytes.length - 1),
      bytes.subarray(0, seal.offset + 5),
    ]) {
      const { verdict, texts } = scanBytes(torn, { writer: 'gone' });
      expect(texts).toEqual(['a', 'b']);
      expect(verdict).toMatchObject({ kind: 'torn', tail: { offset: seal.offset }, holeCount: 0 });
      expect(scanBytes(torn, { writer: 'live' }).verdict).toMatchObject({ kind: 'live', holeCount: 0 });
    }
  });
});

describe('many holes', () => {
  it('are all counted, and the first thousand listed', () => {
    const image = new SegmentImage(header);
    for (let i = 1; i <= 2400; i++) image.entry(entryOf(`${i}`), idAt(i));
    const bytes = image.endBatch().seal().bytes();
    const records = recordsOf(bytes);
    for (let i = 1; i < 2400; i += 2) bytes[records[i]!.offset + RECORD.headerSize]! ^= 1;
    const { verdict, holes } = scanBytes(bytes, { writer: 'sealed' });
    expect(holes).toHaveLength(1200);
    expect(verdict).toMatchObject({ kind: 'damaged', holeCount: 1200, missing: 1200, entries: 1200 });
    expect(verdict.holes).toEqual(holes.slice(0, 1000));
    expect(verdict.holeBytes).toBe(holes.reduce((sum, { length }) => sum + length, 0));
  });
});

describe('a few bytes at the very end', () => {
  it('are a torn tail, also when a read ends right before them', () => {
    for (const size of [300, 262_144 - 64 - 60, 300_000]) {
      const bytes = new SegmentImage(header)
        .entry(entryOf('x'.repeat(size)), idAt(1))
        .endBatch()
        .bytes();
      const more = Buffer.concat([bytes, Buffer.from('fec1f9ff0102', 'hex'), Buffer.alloc(2)]);
      expect(scanBytes(more).verdict).toMatchObject({
        kind: 'torn',
        tail: { offset: bytes.length, length: 6, records: 0 },
      });
    }
  });
});

describe('a seal that counts more entries than there are', () => {
  it('says that some are missing, though no hole shows where', () => {
    const bytes = imageOf(['a'], ['b']).seal().bytes();
    const [, , seal] = recordsOf(bytes);
    withRecordCrc(bytes, header, seal!.offset, (record) => record.writeUInt32LE(5, RECORD.headerSize + 4));
    expect(scanBytes(bytes).verdict).toMatchObject({ kind: 'damaged', missing: 3, holeCount: 0 });
  });
});

describe('records of a type that this version does not know', () => {
  it('are passed over like any other', () => {
    const bytes = imageOf(['a'], ['b'], ['c']).bytes();
    const [, b] = recordsOf(bytes);
    const odd = withRecordCrc(Buffer.from(bytes), header, b!.offset, (record) => {
      record[RECORD.type] = 77;
    });
    const { records, verdict, texts } = scanBytes(odd);
    expect(records.map(({ type }) => type)).toEqual([RECORD_TYPE.entry, 77, RECORD_TYPE.entry]);
    expect(texts).toEqual(['a', 'c']);
    expect(verdict.kind).toBe('recovered');
  });
});

describe('reasons', () => {
  it('are sentences that name numbers and places', () => {
    const whole = imageOf(['a', 'b'], ['c']);
    const [, b, c] = recordsOf(whole.bytes());
    expect(scanBytes(imageOf(['a'], ['b']).seal().bytes()).verdict.reason).toBe(
      'sealed and intact: 2 entries in 3 batches',
    );
    expect(scanBytes(whole.bytes()).verdict.reason).toBe(
      `not sealed, but whole: 3 entries in 2 batches, up to offset ${c!.end}`,
    );
    expect(scanBytes(rotPayload(whole.bytes(), 1)).verdict.reason).toBe(
      `1 hole (${recordSize(b!.payload.length / 2)} bytes) in what was acknowledged, the first at offset ${b!.offset}; 2 entries in 2 batches are good`,
    );
  });
});
