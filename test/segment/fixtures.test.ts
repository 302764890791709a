/**
 * The committed segments of format version 1 are read as they always were, and would be written the same again.
 *
 * `AGENTLOG_WRITE_FIXTURES=1 npm test -- test/segment/fixtures.test.ts` writes those that are missing; one that is
 * there is never changed, since files like it are on people's disks.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeCut, decodeDelete, decodeSeal } from '../../src/segment/control-payload.js';
import { decodeEntry } from '../../src/segment/entry-payload.js';
import type { SegmentRecord } from '../../src/segment/record.js';
import { parseSegmentName } from '../../src/segment/segment-name.js';
import { SegmentScanner } from '../../src/segment/segment-scanner.js';
import { type Fixture, makeFixtures } from '../support/fixtures.js';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../fixtures/format-1');
const WRITE = process.env.AGENTLOG_WRITE_FIXTURES === '1';

/** Everything that a reading of the segment gives, as JSON. */
function reading({ file, writer, lastBatch }: Fixture, bytes: Buffer): unknown {
  const scanner = new SegmentScanner({
    size: bytes.length,
    writer,
    name: parseSegmentName(file),
    ...(lastBatch !== undefined && { lastBatch }),
  });
  const items: unknown[] = [];
  for (let wanted = scanner.wanted; wanted !== null; wanted = scanner.wanted) {
    for (const item of scanner.push(bytes.subarray(wanted.offset, wanted.offset + wanted.length))) {
      if (item.kind === 'hole') items.push(item);
      else {
        const { offset, type, flags, batch, id, length } = item;
        items.push({ kind: 'record', offset, type, flags, batch, id, length, payload: payloadOf(item) });
      }
    }
  }
  return { file, writer, ...(lastBatch !== undefined && { lastBatch }), items, verdict: scanner.verdict };
}

function payloadOf({ type, bytes, payloadStart, payloadEnd }: SegmentRecord): unknown {
  const payload = bytes.subarray(payloadStart, payloadEnd);
  switch (type) {
    case 1:
      return decodeEntry(bytes, payloadStart, payloadEnd);
    case 3:
      return decodeSeal(payload);
    case 4:
      return decodeDelete(payload);
    case 5:
      return { ...decodeCut(payload), segmentId: payload.toString('hex', 0, 16) };
    default:
      return null;
  }
}

describe('format version 1', () => {
  const fixtures = makeFixtures();
  if (WRITE) {
    for (const fixture of fixtures) {
      const folder = join(FOLDER, fixture.name);
      if (existsSync(folder)) continue;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, fixture.file), fixture.bytes);
      writeFileSync(
        join(folder, 'reading.json'),
        `${JSON.stringify(reading(fixture, fixture.bytes), null, 2)}\n`,
      );
    }
  }

  it('has a committed segment of every kind', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(fixtures.map(({ name }) => name).sort());
  });

  it.each(fixtures)('reads $name as ever', (fixture) => {
    const bytes = readFileSync(join(FOLDER, fixture.name, fixture.file));
    const expected = JSON.parse(readFileSync(join(FOLDER, fixture.name, 'reading.json'), 'utf8'));
    expect(JSON.parse(JSON.stringify(reading(fixture, bytes)))).toEqual(expected);
  });

  it.each(fixtures)('would write $name the same again', ({ name, file, bytes }) => {
    expect(bytes.equals(readFileSync(join(FOLDER, name, file)))).toBe(true);
  });
});
