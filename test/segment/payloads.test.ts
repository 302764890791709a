/** What goes into a segment comes out of it: entries, deletes, cuts, seals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEntry, type Entry } from '../../src/entry.js';
import { formatId } from '../../src/entry-id.js';
import {
  decodeCut,
  decodeDelete,
  decodeSeal,
  encodeCut,
  encodeDelete,
  encodeSeal,
} from '../../src/segment/control-payload.js';
import {
  decodeEntry,
  decodeTexts,
  encodedTexts,
  encodeEntry,
  entrySizeBound,
} from '../../src/segment/entry-payload.js';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { SegmentScanner } from '../../src/segment/segment-scanner.js';
import { headerOf, idAt, scanBytes } from '../support/segments.js';

const MAX = 64 * 1024 * 1024;

function throughPayload(entry: Entry<unknown>): unknown {
  const checked = checkEntry(entry, 0, MAX);
  const target = Buffer.alloc(entrySizeBound(checked) + 16, 0xee);
  const end = encodeEntry(checked, target, 8);
  expect(end).toBeLessThanOrEqual(8 + entrySizeBound(checked));
  expect(target.subarray(0, 8)).toEqual(Buffer.alloc(8, 0xee));
  return decodeEntry(target, 8, end);
}

const text = fc.string({ unit: 'binary', maxLength: 200 });
const entries: fc.Arbitrary<Entry<unknown>> = fc.record(
  {
    taskId: text,
    type: text,
    text,
    agent: text,
    detail: fc.jsonValue({ noUnicodeString: false }),
    timestamp: fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }),
  },
  { requiredKeys: ['taskId', 'type', 'text', 'timestamp'] },
);

/** What of an entry must come back: the same, with lone surrogates replaced, and without what was not there. */
function expected(entry: Entry<unknown>): unknown {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entry)) {
    if (value !== undefined) out[key] = typeof value === 'string' ? value.toWellFormed() : value;
  }
  if (out.timestamp === 0) out.timestamp = 0;
  return out;
}

/** The texts of an entry as they stand in a payload, and what they decode to. */
function encoded(entry: Entry<unknown>, spoil: (payload: Buffer) => void = () => undefined) {
  const checked = checkEntry(entry, 0, MAX);
  const target = Buffer.alloc(entrySizeBound(checked) + 16, 0xbf);
  const end = encodeEntry(checked, target, 8);
  spoil(target.subarray(8, end));
  return { texts: decodeTexts(target, 8, end)!, bytes: encodedTexts(target, 8, end) };
}

const wellFormedDetail = (entry: Entry<unknown>) => !/\\ud[89a-f]/.test(JSON.stringify(entry.detail) ?? '');

describe('the texts of an entry, left encoded', () => {
  it('are what is decoded of them, encoded again', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const { texts, bytes } = encoded(entry);
        const { taskId, type, agent, detail, text } = texts;
        expect(bytes?.toString('latin1')).toBe(
          Buffer.from([taskId, type, agent, detail, text].join('')).toString('latin1'),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, (payload: Buffer) => void]>([
    ['a byte that is no UTF-8', (payload) => payload.fill(0xff, payload.length - 1)],
    ['a character cut in two between task and type', (payload) => payload.writeUInt16LE(2, 8)],
    ['an agent that is not said to be there', (payload) => payload.writeUInt16LE(2, 14)],
    ['a detail that is not said to be there', (payload) => payload.writeUInt16LE(1, 14)],
  ])('are not told with %s', (_, spoil) => {
    const entry = { taskId: 't', type: 'é🦊', agent: 'a', detail: 1, text: 'text' };
    expect(encoded(entry).bytes).toBeDefined();
    expect(encoded(entry, spoil).bytes).toBeUndefined();
  });
});

describe('an entry', () => {
  it('comes back as given, whatever it holds', () => {
    fc.assert(
      fc.property(entries.filter(wellFormedDetail), (entry) => {
        expect(throughPayload(entry)).toStrictEqual(expected(entry));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['empty texts', { taskId: '', type: '', text: '', agent: '' }],
    ['no agent', { taskId: 't', type: 'x', text: 'y' }],
    ['NUL and other control characters', { taskId: 't\0', type: '\u0001', text: 'a\0b\u001b[31m\r\n' }],
    ['characters of four bytes', { taskId: '🦊', type: '𝒳', text: '🦊'.repeat(1000), agent: '👩‍💻' }],
    ['a null detail', { taskId: 't', type: 'x', text: 'y', detail: null }],
    ['an empty detail', { taskId: 't', type: 'x', text: 'y', detail: '' }],
    ['a text that looks like JSON', { taskId: 't', type: 'x', text: '{"a":1}', detail: ['{"b":2}'] }],
  ])('may have %s', (_, entry) => {
    expect(throughPayload({ ...entry, timestamp: 1 })).toStrictEqual({ ...entry, timestamp: 1 });
  });

  it('may have a text of 16 MiB, also of characters with three bytes each', () => {
    for (const unit of ['x', '✓']) {
      const long = unit.repeat(16 * 1024 * 1024);
      const entry = throughPayload({ taskId: 't', type: 'x', text: long, timestamp: 1 }) as Entry;
      expect(entry.text === long).toBe(true);
    }
  });

  it('has lone surrogates replaced in every text', () => {
    const entry = {
      taskId: '\ud800',
      type: 'a\udc00b',
      text: 'x\ud83e',
      agent: '\udfff\ud800',
      timestamp: 1,
    };
    expect(throughPayload(entry)).toEqual({
      taskId: '�',
      type: 'a�b',
      text: 'x�',
      agent: '��',
      timestamp: 1,
    });
  });

  it('keeps every character around the borders of UTF-8, in short names and in longer ones', () => {
    for (const code of [0x7f, 0x80, 0x7ff, 0x800, 0xffff]) {
      for (const length of [1, 31, 32, 33, 64, 65]) {
        const name = String.fromCharCode(code).padEnd(length, 'n');
        const entry = { taskId: name, type: name, agent: name, text: name, timestamp: 1 };
        // Twice, since names are kept and given again.
        for (let i = 0; i < 2; i++) expect(throughPayload(entry)).toStrictEqual(entry);
      }
    }
  });

  it('with a timestamp beyond what JavaScript can count is none', () => {
    const checked = checkEntry({ taskId: 't', type: 'x', text: 'y', timestamp: 1 }, 0, MAX);
    const target = Buffer.alloc(100);
    const end = encodeEntry(checked, target, 0);
    target.writeBigInt64LE(2n ** 53n, 0);
    expect(decodeEntry(target, 0, end)).toBeUndefined();
    target.writeBigInt64LE(2n ** 53n - 1n, 0);
    expect(decodeEntry(target, 0, end)?.timestamp).toBe(2 ** 53 - 1);
  });

  it('can be read with strings(1): its texts stand in the segment as they are', () => {
    const image = new SegmentImage(headerOf(1));
    const entry = checkEntry(
      { taskId: 'task-1', type: 'tool', text: 'npm test', detail: { ok: true } },
      0,
      MAX,
    );
    const bytes = image.entry(entry, idAt(1)).endBatch().bytes();
    expect(bytes.includes('npm test')).toBe(true);
    expect(bytes.includes('{"ok":true}')).toBe(true);
  });

  it('is none when its lengths do not fit its bytes, or its detail is no JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(() => decodeEntry(Buffer.from(any), 0, any.length)).not.toThrow();
      }),
      { numRuns: 5000 },
    );
    const entry = checkEntry({ taskId: 't', type: 'x', text: 'y', detail: [1] }, 0, MAX);
    const target = Buffer.alloc(100);
    const end = encodeEntry(entry, target, 0);
    expect(decodeEntry(target, 0, end)).toBeDefined();
    for (let short = 0; short < end - 1; short++) expect(decodeEntry(target, 0, short)).toBeUndefined();
    target[target.indexOf('[1]')] = 0x7b;
    expect(decodeEntry(target, 0, end)).toBeUndefined();
  });
});

describe('entries in a segment', () => {
  it('come back in order with their ids, from batches of any make-up', () => {
    const batches = fc.array(fc.array(entries.filter(wellFormedDetail), { minLength: 1, maxLength: 5 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(batches, fc.boolean(), (given, sealed) => {
        const image = new SegmentImage(headerOf(1));
        let n = 0;
        for (const batch of given) {
          for (const entry of batch) image.entry(checkEntry(entry, 0, MAX), idAt(n++));
          image.endBatch();
        }
        if (sealed) image.seal();
        const bytes = image.bytes();
        const got: unknown[] = [];
        const ids: string[] = [];
        const scanner = new SegmentScanner({ size: bytes.length, writer: sealed ? 'sealed' : 'gone' });
        for (let wanted = scanner.wanted; wanted !== null; wanted = scanner.wanted) {
          for (const item of scanner.push(bytes.subarray(wanted.offset, wanted.offset + wanted.length))) {
            if (item.kind !== 'record' || item.type !== 1) continue;
            got.push(decodeEntry(item.bytes, item.payloadStart, item.payloadEnd));
            ids.push(item.id);
          }
        }
        expect(got).toStrictEqual(given.flat().map(expected));
        expect(ids).toEqual(given.flat().map((_, i) => formatId(idAt(i).high, idAt(i).low)));
        expect(scanner.verdict!.kind).toBe(sealed ? 'sealed' : 'recovered');
      }),
      { numRuns: 500 },
    );
  });
});

describe('the other records', () => {
  it('a delete comes back as given', () => {
    const upTo = [idAt(5), idAt(900)];
    for (const request of [
      { taskId: 'tâsk\0', upTo, before: null },
      { taskId: null, upTo: [], before: -1 },
    ]) {
      expect(decodeDelete(encodeDelete(request))).toEqual(request);
    }
  });

  it.each([
    '',
    'x',
    'null',
    '[]',
    '{}',
    '{"taskId":1,"upTo":[],"before":null}',
    '{"taskId":"t","upTo":["x"],"before":null}',
    '{"taskId":"t","upTo":[],"before":"x"}',
    '{"taskId":"t","upTo":[],"before":1.5}',
  ])('a delete is not %j', (json) => expect(decodeDelete(Buffer.from(json))).toBeUndefined());

  it('a cut and a seal come back as given, and are none when shorter', () => {
    const cut = { segmentId: headerOf(3).segmentId, lastBatch: 4_000_000_000 };
    expect(decodeCut(encodeCut(cut))).toEqual(cut);
    expect(decodeCut(encodeCut(cut).subarray(1))).toBeUndefined();
    const seal = { records: 7, entries: 4_000_000_000 };
    expect(decodeSeal(encodeSeal(seal))).toEqual(seal);
    expect(decodeSeal(encodeSeal(seal).subarray(1))).toBeUndefined();
  });

  it('all stand in a segment side by side, an atomic group marked as one', () => {
    const entry = checkEntry({ taskId: 't', type: 'x', text: 'y' }, 0, MAX);
    const bytes = new SegmentImage(headerOf(1))
      .cut({ segmentId: headerOf(2).segmentId, lastBatch: 3 })
      .entry(entry, idAt(1), true)
      .entry(entry, idAt(2), true)
      .entry(entry, idAt(3))
      .delete({ taskId: 't', upTo: [idAt(3)], before: null }, idAt(4))
      .endBatch()
      .mark()
      .seal()
      .bytes();
    const { records, verdict } = scanBytes(bytes, { writer: 'sealed' });
    expect(records.map(({ type, flags, batch }) => [type, flags, batch])).toEqual([
      [5, 0, 1],
      [1, 2, 1],
      [1, 2, 1],
      [1, 0, 1],
      [4, 1, 1],
      [2, 0, 2],
      [3, 1, 2],
    ]);
    expect(verdict).toMatchObject({ kind: 'sealed', records: 7, entries: 3, batches: 2, missing: 0 });
  });
});
