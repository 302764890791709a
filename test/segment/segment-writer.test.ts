/** The writer on a disk that forgets: what is acknowledged is there after any crash, whole, once, and nothing else is. */
import { describe, expect, it } from 'vitest';
import { formatId, type IdHalves } from '../../src/entry-id.js';
import { decodeCut } from '../../src/segment/control-payload.js';
import type { Disk } from '../../src/segment/disk.js';
import { decodeEntry } from '../../src/segment/entry-payload.js';
import { parseSegmentName } from '../../src/segment/segment-name.js';
import { SegmentScanner } from '../../src/segment/segment-scanner.js';
import { SegmentWriter } from '../../src/segment/segment-writer.js';
import { Slot } from '../../src/segment/slot.js';
import { run } from '../../src/segment/steps.js';
import type { Verdict } from '../../src/segment/verdict.js';
import { Random } from '../support/random.js';
import { entryOf } from '../support/segments.js';
import { failure, SimulatedDisk } from '../support/simulated-disk.js';

const CASES = 2000;
const START = Date.UTC(2026, 5, 1);

interface Found {
  readonly texts: Map<string, string>;
  readonly verdicts: Verdict[];
}

/** What a reader finds when no writer lives: all segments, in order, up to the cuts that name them. */
function readStore(port: Disk): Found {
  const files = port
    .callSync('readdir', '/segments')
    .sort()
    .map((file) => ({ file, name: parseSegmentName(file) }))
    .filter(({ name }) => name !== undefined);
  const contents = files.map(({ file }) => {
    const fd = port.callSync('open', `/segments/${file}`, 0, 0);
    const bytes = Buffer.alloc(port.callSync('fstat', fd).size);
    port.callSync('read', fd, bytes, 0, bytes.length, 0);
    return bytes;
  });
  const cuts = new Map<string, number>();
  // A cut may itself be cut off: the newest segments speak first.
  for (let i = files.length - 1; i >= 0; i--) {
    scan(contents[i]!, files[i]!.name!, cuts, ({ type, payload }) => {
      const cut = type === 5 ? decodeCut(payload) : undefined;
      if (cut !== undefined) cuts.set(Buffer.from(cut.segmentId).toString('hex'), cut.lastBatch);
    });
  }
  const texts = new Map<string, string>();
  const verdicts = files.map(({ name }, i) =>
    scan(contents[i]!, name!, cuts, ({ type, id, payload }) => {
      if (type !== 1) return;
      const { text } = decodeEntry(payload, 0, payload.length)!;
      if (texts.has(id) && texts.get(id) !== text) throw new Error(`${id} has two contents`);
      if (texts.has(id)) throw new Error(`${id} is there twice`);
      texts.set(id, text);
    }),
  );
  return { texts, verdicts };
}

function scan(
  bytes: Buffer,
  name: NonNullable<ReturnType<typeof parseSegmentName>>,
  cuts: Map<string, number>,
  visit: (record: { type: number; id: string; payload: Buffer }) => void,
): Verdict {
  const lastBatch = cuts.get(Buffer.from(name.segmentId).toString('hex'));
  const writer = name.state === 'sealed' ? 'sealed' : lastBatch === undefined ? 'gone' : 'cut';
  const options = { size: bytes.length, writer, name } as const;
  const scanner = new SegmentScanner(lastBatch === undefined ? options : { ...options, lastBatch });
  for (let wanted = scanner.wanted; wanted !== null; wanted = scanner.wanted) {
    for (const item of scanner.push(bytes.subarray(wanted.offset, wanted.offset + wanted.length))) {
      if (item.kind !== 'record') continue;
      const payload = Buffer.from(item.bytes.subarray(item.payloadStart, item.payloadEnd));
      visit({ type: item.type, id: item.id, payload });
    }
  }
  return scanner.verdict!;
}

/** What a test knows of the entries it gave: whether they were acknowledged, and which belong together. */
class Ledger {
  readonly texts = new Map<string, { id: string | undefined; acknowledged: boolean; group: number }>();
  #groups = 0;
  #count = 0;

  give(count: number): { texts: string[]; done: (ids: readonly IdHalves[]) => void } {
    const group = this.#groups++;
    const texts = Array.from(
      { length: count },
      () => `entry ${this.#count++} ${'.'.repeat(this.#count % 90)}`,
    );
    for (const text of texts) this.texts.set(text, { id: undefined, acknowledged: false, group });
    const done = (ids: readonly IdHalves[]) => {
      texts.forEach((text, i) => {
        const id = formatId(ids[i]!.high, ids[i]!.low);
        Object.assign(this.texts.get(text)!, { id, acknowledged: true });
      });
    };
    return { texts, done };
  }

  check({ texts, verdicts }: Found, about: string): void {
    const found = new Map(Array.from(texts, ([id, text]) => [text, id]));
    for (const verdict of verdicts) {
      if (verdict.kind === 'damaged' || verdict.kind === 'unreadable')
        throw new Error(`${about}: ${verdict.reason}`);
    }
    const groups = new Map<number, { there: number; missing: number }>();
    for (const [text, { id, acknowledged, group }] of this.texts) {
      if (acknowledged && found.get(text) !== id)
        throw new Error(`${about}: "${text}" was acknowledged and is lost`);
      const count = groups.get(group) ?? { there: 0, missing: 0 };
      if (found.has(text)) count.there++;
      else count.missing++;
      groups.set(group, count);
      found.delete(text);
    }
    if (found.size > 0) throw new Error(`${about}: ${[...found.keys()]} was never given`);
    for (const { there, missing } of groups.values()) {
      if (there > 0 && missing > 0) throw new Error(`${about}: a group is there in part`);
    }
  }
}

async function turns(random: Random): Promise<void> {
  for (let n = random.below(6); n > 0; n--) await new Promise(setImmediate);
}

/** Some calls fail: the next sync or write of the process, as a bad or full disk lets them. */
function failing(disk: SimulatedDisk, random: Random): SimulatedDisk['interfere'] {
  let left = random.between(1, 3);
  return (_, name, args) => {
    if (
      left === 0 ||
      !['write', 'fdatasync', 'fsync', 'open', 'rename'].includes(name) ||
      random.chance(0.6)
    ) {
      return undefined;
    }
    left--;
    if (name === 'write') {
      if (random.chance(0.5)) return random.below(args[3] as number);
      throw failure(random.pick(['ENOSPC', 'EIO']), name, 'a bad disk');
    }
    if (name === 'fdatasync' || name === 'fsync') disk.loseUnsynced(args[0] as number);
    throw failure(name === 'open' ? 'EMFILE' : 'EIO', name, 'a bad disk');
  };
}

async function life(seed: number): Promise<{ acknowledged: number; unknown: number }> {
  const random = new Random(seed);
  const disk = new SimulatedDisk(random);
  const setup = disk.processNamed('setup');
  for (const folder of ['/locks', '/segments']) setup.callSync('mkdir', folder, 0o700);
  setup.callSync('fsync', setup.callSync('open', '/', 0, 0));
  const ledger = new Ledger();
  let time = START;
  const withFailures = random.chance(0.5);

  for (let session = random.between(1, 3); session > 0; session--) {
    const writers: SegmentWriter[] = [];
    for (let n = random.between(1, 2); n > 0; n--) {
      const port = disk.processNamed(`writer ${n}`);
      const slot = await run(
        port,
        Slot.take(port, '/locks', () => time++),
      );
      const options = {
        directory: '/segments',
        segmentBytes: random.between(300, 3000),
        sealAfter: Number.POSITIVE_INFINITY,
        littleBytes: random.pick([0, 200]),
        now: () => time,
        onProblem: () => undefined,
        pace: random.pick([undefined, { smallest: 64, first: 256, largest: 1024 }]),
      };
      writers.push(new SegmentWriter({ disk: port, slot, ...options }));
    }
    for (let step = random.between(1, 25); step > 0; step--) {
      if (withFailures && random.chance(0.1)) disk.interfere = failing(disk, random);
      const writer = random.pick(writers);
      const act = random.below(10);
      if (act < 5) {
        const { texts, done } = ledger.give(1);
        writer.append(entryOf(texts[0]!)).then(
          (id) => done([id]),
          () => undefined,
        );
      } else if (act < 7) {
        const { texts, done } = ledger.give(random.between(1, 5));
        writer.appendGroup(texts.map((text) => entryOf(text))).then(done, () => undefined);
      } else if (act === 7) {
        const { texts, done } = ledger.give(1);
        try {
          done([writer.appendSync(entryOf(texts[0]!))]);
        } catch {}
      } else if (act === 8) {
        try {
          writer.flushSync();
        } catch {}
      } else {
        await writer.flush().catch(() => undefined);
      }
      await turns(random);
    }
    const end = random.pick(['close', 'power', 'kill']);
    if (end === 'close') {
      disk.interfere = () => undefined;
      await Promise.all(writers.map((writer) => writer.close()));
    } else if (end === 'kill') {
      for (const n of [1, 2]) disk.kill(`writer ${n}`);
    }
    if (end !== 'kill' || random.chance(0.5)) disk.cutPower();
    disk.interfere = () => undefined;
    // Promises that were resolved in the last moment are told before anything is checked.
    await new Promise(setImmediate);
    const reader = disk.processNamed('reader');
    ledger.check(readStore(reader), `seed ${seed}`);
    time += 60_000;
  }
  const entries = [...ledger.texts.values()];
  const acknowledged = entries.filter((entry) => entry.acknowledged).length;
  return { acknowledged, unknown: entries.length - acknowledged };
}

describe('the writer', () => {
  it(`keeps what it acknowledged, through ${CASES} lives with power cuts, kills and failing calls`, async () => {
    let acknowledged = 0;
    let unknown = 0;
    for (let seed = 1; seed <= CASES; seed++) {
      const counts = await life(seed);
      acknowledged += counts.acknowledged;
      unknown += counts.unknown;
    }
    expect(acknowledged).toBeGreaterThan(CASES * 5);
    expect(unknown).toBeGreaterThan(CASES);
  });
});
