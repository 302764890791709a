/** What one input is, by its kind: made of a seed, given to what would read it, and held to what must be true of it. */
import { crc32 } from 'node:zlib';
import { formatCursor } from '../../../src/reading/cursor.js';
import { Position } from '../../../src/reading/position.js';
import { encodeFileHeader } from '../../../src/segment/file-header.js';
import { FILE_HEADER } from '../../../src/segment/layout.js';
import { encodeManifest } from '../../../src/segment/manifest.js';
import { formatSegmentName, type SegmentName } from '../../../src/segment/segment-name.js';
import type { Writer } from '../../../src/segment/verdict.js';
import type { Random } from '../random.js';
import { headerOf, idAt, nameOf } from '../segments.js';
import { withCrc } from '../tamper.js';
import { mustBeEqual, mustBeOriginal, type Result, type ScanPlan, scanChecked } from './checked-scan.js';
import {
  checkCeiling,
  checkControlPayload,
  checkCursor,
  checkEntryPayload,
  checkFileHeader,
  checkId,
  checkManifest,
  checkName,
} from './decoders.js';
import { forge, json, payload } from './forgery.js';
import { mutate, rotInPlace } from './mutations.js';
import { checkRot } from './rot-check.js';
import { fixtures, placesOf, someSubject } from './subjects.js';

/** Throws when something does not hold. */
type Try = (random: Random, directory: string) => void;

const WRITERS: readonly Writer[] = ['live', 'gone', 'sealed', 'cut'];
const SYNC = Buffer.from('fec1f9ff', 'hex');
const SHORT_READS = [
  [64, 64],
  [64, 512],
  [256, 1024],
] as const;

export const TRIES: Readonly<Record<string, Try>> = {
  'segments, rotten in place'(random) {
    const subject = someSubject(random);
    checkRot(subject, rotInPlace(subject.bytes, random), 'rot');
  },

  'segments, mutated'(random) {
    const subject = someSubject(random);
    let bytes = mutate(subject.bytes, random);
    if (random.chance(0.2)) bytes = Buffer.concat([bytes, someSubject(random).bytes]);
    const name = nameOf(subject.header, random.pick(['open', 'sealed']));
    mustBeOriginal(scanInSomeWays(bytes, random, name), placesOf(subject));
  },

  'fixtures, mutated'(random) {
    const { bytes, name } = random.pick(fixtures());
    scanInSomeWays(mutate(bytes, random), random, name);
  },

  'records forged'(random) {
    const subject = someSubject(random);
    const named = random.chance(0.8) ? nameOf(subject.header) : undefined;
    scanInSomeWays(forge(subject, random), random, named, true);
  },

  'any bytes behind a header'(random) {
    const header = encodeFileHeader(headerOf(1, random.chance(0.3)));
    scanInSomeWays(Buffer.concat([header, anyBytes(random)]), random, undefined);
  },

  'any bytes'(random) {
    scanInSomeWays(anyBytes(random), random, random.chance(0.5) ? nameOf(headerOf(1)) : undefined);
  },

  'payloads, headers, names and the like'(random) {
    const some = payload(random);
    checkEntryPayload(some, 0, some.length);
    checkControlPayload(some);
    checkFileHeader(someHeader(random));
    checkManifest(random.chance(0.5) ? json(random) : spoilt(encodeManifest(), random), random.chance(0.5));
    checkCeiling(someCeilings(random));
    checkName(spoilt(formatSegmentName(nameOf(headerOf(random.below(9)))), random));
    checkId(spoilt('0P1WGN4H00007', random));
    checkCursor(someCursor(random), 'store');
  },
};

/** Whoever reads it, in reads of whatever length, while it grows or at once, finds the same. */
function scanInSomeWays(
  bytes: Buffer,
  random: Random,
  name: SegmentName | undefined,
  isForged = false,
): Result {
  const plan: ScanPlan = {
    writer: random.pick(WRITERS),
    name,
    lastBatch: random.below(12),
    isForged,
    size: bytes.length,
  };
  if (random.chance(0.1)) {
    // The file became shorter after its size was asked; short reads do not see that soon.
    const size = bytes.length + random.pick([1, 100, 2 ** 31, 2 ** 40]);
    return scanChecked(bytes, { ...plan, size, reads: random.pick(SHORT_READS) });
  }
  const result = scanChecked(bytes, plan);
  const another = random.below(4);
  if (another === 0) {
    const reads = random.pick([
      [64, 64],
      [64, 512],
      [256, 1024],
    ] as const);
    mustBeEqual(scanChecked(bytes, { ...plan, reads }), result, `reads of ${reads[0]} to ${reads[1]} bytes`);
  } else if (another === 1 && plan.writer !== 'cut') {
    // A cut that names a batch before the last proven one is none that a writer makes.
    const livedUntil = random.below(bytes.length + 1);
    mustBeEqual(scanChecked(bytes, { ...plan, livedUntil }), result, `alive up to ${livedUntil}`);
  }
  return result;
}

function anyBytes(random: Random): Buffer {
  const bytes = random.bytes(random.below(random.pick([10, 200, 2000])));
  // Where a record might begin.
  if (random.chance(0.5))
    for (let at = random.below(9); at + 4 <= bytes.length; at += 8) SYNC.copy(bytes, at);
  return bytes;
}

function someHeader(random: Random): Buffer {
  const header = encodeFileHeader(headerOf(random.below(9)));
  const change = (bytes: Buffer) =>
    random.bytes(random.between(1, 8)).copy(bytes, random.below(FILE_HEADER.crc));
  if (random.chance(0.5)) return withCrc(header, change);
  change(header);
  return random.chance(0.2) ? header.subarray(0, random.below(FILE_HEADER.size)) : header;
}

function someCeilings(random: Random): Buffer {
  const bytes = Buffer.alloc(random.pick([0, 1, 24, 4120, 12_312, 16_384]));
  for (const at of [0, 4096, 8192, 12_288]) {
    if (random.chance(0.3)) continue;
    const copy = Buffer.alloc(24);
    copy.write('alogslot');
    copy.writeUIntLE(random.below(2 ** 31), 8, 6);
    copy.writeUInt32LE(crc32(copy.subarray(0, 20)), 20);
    if (random.chance(0.4)) copy[random.below(24)]! ^= 1 << random.below(8);
    copy.copy(bytes, at);
  }
  return bytes;
}

function someCursor(random: Random): string {
  const position = new Position();
  for (let n = random.below(5); n > 0; n--)
    position.reach(random.chance(0.5) ? idAt(n) : { high: random.next(), low: random.next() });
  return spoilt(formatCursor(position, 'store'), random);
}

/** As it is, or with something in it changed, taken out or put in. */
function spoilt(text: string, random: Random): string {
  if (random.chance(0.2)) return text;
  const at = random.below(text.length + 1);
  const put = random.pick([
    '',
    'I',
    '-',
    '0',
    'A',
    '\u0000',
    'é',
    '😀',
    '=',
    '.',
    random.bytes(6).toString('latin1'),
  ]);
  return text.slice(0, at) + put + text.slice(at + random.below(3));
}
