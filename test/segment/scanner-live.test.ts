/** Scanning a segment while its writer lives: nothing that a power cut could take back, nothing missed, no false alarm. */
import { describe, expect, it } from 'vitest';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { SegmentScanner } from '../../src/segment/segment-scanner.js';
import { Random } from '../support/random.js';
import { addRandomBatches, headerOf, recordsOf, runScanner, type Seen } from '../support/segments.js';

const SPACE_AHEAD = 4096;

/** One write of the writer: a whole batch, or a mark, or what follows the mark in its batch. */
interface Write {
  readonly from: number;
  readonly to: number;
  readonly batch: number;
}

function writesOf(records: Seen[]): Write[] {
  const writes: Write[] = [];
  for (const { offset, end, batch, type } of records) {
    const last = writes.at(-1);
    const goesOn =
      last !== undefined && last.batch === batch && records.find((r) => r.end === offset)?.type !== 2;
    if (goesOn && type !== 2) writes[writes.length - 1] = { ...last, to: end };
    else writes.push({ from: offset, to: end, batch });
  }
  return writes;
}

/** A file with a writer at work: a read sees, byte for byte, the file as it was at some moment of the read. */
class BusyFile {
  /** Writes that are complete. */
  done = 0;
  readonly #bytes: Buffer;
  readonly #writes: Write[];
  readonly #random: Random;
  readonly #now: Buffer;

  constructor(bytes: Buffer, writes: Write[], random: Random) {
    this.#bytes = bytes;
    this.#writes = writes;
    this.#random = random;
    this.#now = Buffer.alloc(bytes.length + SPACE_AHEAD);
    bytes.copy(this.#now, 0, 0, 64);
  }

  get allDone(): boolean {
    return this.done === this.#writes.length;
  }

  get end(): number {
    return this.#writes[this.done - 1]?.to ?? 64;
  }

  /** The highest batch of which a write has at least begun. */
  get begun(): number {
    return this.#writes[Math.min(this.done, this.#writes.length - 1)]!.batch;
  }

  /** Some writes are made, and a part of the next one. */
  work(): void {
    for (let made = this.#random.below(3); made > 0 && !this.allDone; made--) {
      const { from, to } = this.#writes[this.done++]!;
      this.#bytes.copy(this.#now, from, from, to);
    }
    const next = this.#writes[this.done];
    if (next === undefined) return;
    for (let parts = this.#random.below(3); parts > 0; parts--) {
      const from = this.#random.between(next.from, next.to);
      this.#bytes.copy(this.#now, from, from, this.#random.between(from, next.to));
    }
  }

  read(offset: number, length: number, size: number): Buffer {
    const end = Math.min(offset + length, size);
    const view = Buffer.from(this.#now.subarray(offset, end));
    this.work();
    for (let parts = this.#random.below(5); parts > 0; parts--) {
      const from = this.#random.between(offset, end);
      this.#now.copy(view, from - offset, from, this.#random.between(from, end));
    }
    return view;
  }
}

function makeFile(seed: number, random: Random) {
  const image = new SegmentImage(headerOf(seed));
  addRandomBatches(image, random, 12);
  if (random.chance(0.5)) image.seal();
  else image.mark();
  const bytes = image.bytes();
  const records = recordsOf(bytes);
  return { bytes, records, writes: writesOf(records) };
}

describe('a scan beside a living writer', () => {
  it('returns what is proven and nothing else, whatever part of the writing it sees', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = new Random(seed);
      const { bytes, records, writes } = makeFile(seed, random);
      const file = new BusyFile(bytes, writes, random);
      const sizeNow = () => (random.chance(0.5) ? bytes.length + SPACE_AHEAD : file.end);
      let size = sizeNow();
      const reads = random.pick([
        [64, 128],
        [256, 1024],
        [4096, 65_536],
      ] as const);
      const scanner = new SegmentScanner({ size, writer: 'live', reads });
      const got: Seen[] = [];
      for (;;) {
        const {
          records: more,
          holes,
          verdict,
        } = runScanner(scanner, (at, length) => file.read(at, length, size));
        got.push(...more);
        expect(holes, `seed ${seed}`).toEqual([]);
        if (verdict.kind === 'sealed') break;
        expect(got.at(-1)?.batch ?? 0, `seed ${seed}`).toBeLessThan(file.begun);
        if (file.allDone && got.length > 0 && size === bytes.length) break;
        file.work();
        size = file.allDone ? bytes.length : sizeNow();
        scanner.resume({ size, writer: 'live' });
      }
      const proven = records.filter(
        ({ batch }) => records.at(-1)!.type === 3 || batch < records.at(-1)!.batch,
      );
      expect(got, `seed ${seed}`).toEqual(proven);
    }
  });

  it('reports what really rots there, once, and returns everything else', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = new Random(seed);
      const { bytes, records, writes } = makeFile(seed, random);
      const entries = records.filter(({ type }) => type === 1);
      const victim = random.pick(entries);
      const rotten = Buffer.from(bytes).fill(0, victim.offset, victim.end);
      const file = new BusyFile(rotten, writes, random);
      const reads = random.pick([
        [64, 128],
        [256, 1024],
        [4096, 65_536],
      ] as const);
      const scanner = new SegmentScanner({ size: bytes.length, writer: 'live', reads });
      const got: Seen[] = [];
      const lost: number[] = [];
      for (let last = false; ; last = file.allDone) {
        const scanned = runScanner(scanner, (at, length) => file.read(at, length, bytes.length));
        got.push(...scanned.records);
        lost.push(...scanned.holes.map(({ offset }) => offset));
        if (last || scanner.verdict!.end === bytes.length) break;
        file.work();
        scanner.resume({ size: bytes.length, writer: 'live' });
      }
      const sealed = records.at(-1)!.type === 3;
      const proven = records.filter((r) => r !== victim && (sealed || r.batch < records.at(-1)!.batch));
      expect(got, `seed ${seed}`).toEqual(proven);
      expect(lost, `seed ${seed}`).toEqual([victim.offset]);
    }
  });

  it('goes on as the scan of a dead writer’s segment, and then returns the last whole batch too', () => {
    const image = new SegmentImage(headerOf(5));
    addRandomBatches(image, new Random(6), 5);
    const bytes = image.mark().bytes();
    const records = recordsOf(bytes);
    const withoutMark = bytes.subarray(0, records.at(-1)!.offset);
    const scanner = new SegmentScanner({ size: withoutMark.length, writer: 'live' });
    const read = (at: number, length: number) => withoutMark.subarray(at, at + length);
    const alive = runScanner(scanner, read);
    expect(alive.records.at(-1)!.batch).toBe(4);
    scanner.resume({ size: withoutMark.length, writer: 'gone' });
    const dead = runScanner(scanner, read);
    expect([...alive.records, ...dead.records]).toEqual(records.slice(0, -1));
    expect(dead.verdict.kind).toBe('recovered');
    expect(dead.verdict.records).toBe(records.length - 1);
  });

  it('does not pass a seal that cannot be read before it is known what became of the writer', () => {
    const random = new Random(7);
    const image = new SegmentImage(headerOf(5));
    addRandomBatches(image, random, 3);
    const seal = image.seal().bytes().length;
    // No writer goes on there, and nobody may tell more of it than whoever comes later.
    addRandomBatches(image, random, 2);
    const bytes = image.bytes();
    bytes[seal - 1]! ^= 1;
    for (const writer of ['gone', 'sealed'] as const) {
      const read = (at: number, length: number) => bytes.subarray(at, at + length);
      const scanner = new SegmentScanner({ size: bytes.length, writer: 'live' });
      const alive = runScanner(scanner, read);
      scanner.resume({ size: bytes.length, writer });
      const dead = runScanner(scanner, read);
      const atOnce = runScanner(new SegmentScanner({ size: bytes.length, writer }), read);
      expect([...alive.records, ...dead.records]).toEqual(atOnce.records);
      expect([...alive.holes, ...dead.holes]).toEqual(atOnce.holes);
      expect(dead.verdict).toEqual(atOnce.verdict);
    }
  });

  it('goes on as the scan of a segment that was sealed, or cut, in the meantime', () => {
    const image = new SegmentImage(headerOf(5));
    addRandomBatches(image, new Random(6), 5);
    const bytes = image.bytes();
    const records = recordsOf(bytes);
    const last = records.at(-1)!.batch;
    const read = (at: number, length: number) => bytes.subarray(at, at + length);
    const size = bytes.length;
    const goOn = (end: { writer: 'sealed' } | { writer: 'cut'; lastBatch: number }) => {
      const scanner = new SegmentScanner({ size, writer: 'live' });
      const before = runScanner(scanner, read).records;
      scanner.resume({ size, ...end });
      const after = runScanner(scanner, read);
      return { records: [...before, ...after.records], kind: after.verdict.kind };
    };
    // Its seal is missing, but the name says that all of it was on disk.
    expect(goOn({ writer: 'sealed' })).toEqual({ records, kind: 'damaged' });
    expect(goOn({ writer: 'cut', lastBatch: last })).toEqual({ records, kind: 'cut' });
    const proven = records.filter(({ batch }) => batch < last);
    expect(goOn({ writer: 'cut', lastBatch: last - 1 })).toEqual({ records: proven, kind: 'cut' });
  });

  it('goes on once for each time that it has come to the end', () => {
    const scanner = new SegmentScanner({ size: 0, writer: 'live' });
    runScanner(scanner, () => Buffer.alloc(0));
    scanner.resume({ size: 0, writer: 'live' });
    expect(() => scanner.resume({ size: 0, writer: 'live' })).toThrow(/live/);
  });

  it('waits for a header that is not there in full', () => {
    const image = new SegmentImage(headerOf(5));
    addRandomBatches(image, new Random(6), 3);
    const bytes = image.seal().bytes();
    const scanner = new SegmentScanner({ size: 0, writer: 'live' });
    for (const size of [0, 1, 63]) {
      const { verdict } = runScanner(scanner, (at, length) =>
        bytes.subarray(at, Math.min(size, at + length)),
      );
      expect(verdict).toMatchObject({ kind: 'live', records: 0, holeCount: 0 });
      scanner.resume({ size: size + 40, writer: 'live' });
    }
    const { records } = runScanner(scanner, (at, length) => bytes.subarray(at, Math.min(103, at + length)));
    scanner.resume({ size: bytes.length, writer: 'live' });
    const { records: rest } = runScanner(scanner, (at, length) => bytes.subarray(at, at + length));
    expect([...records, ...rest]).toEqual(recordsOf(bytes));
  });

  it('waits before a seal whose mark cannot be read, until it is known what became of the writer', () => {
    const image = new SegmentImage(headerOf(5));
    addRandomBatches(image, new Random(6), 3);
    const bytes = image.mark().seal().bytes();
    const records = recordsOf(bytes);
    const [mark, seal] = records.slice(-2);
    const rotten = Buffer.from(bytes).fill(0, mark!.offset, mark!.end);
    const read = (at: number, length: number) => rotten.subarray(at, at + length);
    const goOn = (writer: 'gone' | 'sealed') => {
      const scanner = new SegmentScanner({ size: rotten.length, writer: 'live' });
      const alive = runScanner(scanner, read);
      // The seal proves what was written before it all the same.
      expect(alive.records).toEqual(records.slice(0, -2));
      expect(alive.holes).toEqual([]);
      expect(alive.verdict.kind).toBe('live');
      scanner.resume({ size: rotten.length, writer });
      const { records: more, holes, verdict } = runScanner(scanner, read);
      expect(more).toEqual([seal]);
      return [holes.length, verdict.kind];
    };
    expect(goOn('gone')).toEqual([0, 'sealed']);
    expect(goOn('sealed')).toEqual([1, 'damaged']);
  });

  it('does not go on after a seal', () => {
    const image = new SegmentImage(headerOf(5));
    addRandomBatches(image, new Random(6), 2);
    const bytes = image.seal().bytes();
    const scanner = new SegmentScanner({ size: bytes.length, writer: 'live' });
    expect(runScanner(scanner, (at, length) => bytes.subarray(at, at + length)).verdict.kind).toBe('sealed');
    expect(() => scanner.resume({ size: bytes.length, writer: 'live' })).toThrow(/live/);
  });
});
