/**
 * Stores on a disk that forgets: opened by several processes that append in every way, die, lose power, meet failing
 * calls and open again. What was acknowledged is there after any of it, whole and once, and nothing else is.
 */
import { expect } from 'vitest';
import type { AgentLog } from '../../../src/api.js';
import { formatId } from '../../../src/entry-id.js';
import type { DamageEvent } from '../../../src/events.js';
import { openOn } from '../../../src/handle.js';
import { type CheckedOptions, checkOptions } from '../../../src/options.js';
import { pathsOf } from '../../../src/segment/store-directory.js';
import { Ledger } from '../../support/ledger.js';
import { Random } from '../../support/random.js';
import { compactAll, SimulatedDatabase } from '../../support/simulated-compaction.js';
import { failure, SimulatedDisk } from '../../support/simulated-disk.js';
import { readPlainly } from './plain-reader.js';

/** Defects that the first 700 lives find were planted; AGENTLOG_LIVES asks for more, for what nobody thought of. */
const LIVES = Number(process.env.AGENTLOG_LIVES ?? 1000);
const START = Date.UTC(2026, 5, 1);
const STORE = '/home/store';
const COMPACTED = Number(process.env.AGENTLOG_COMPACTED ?? 0.05);

interface Process {
  readonly name: string;
  readonly log: AgentLog;
}

class Life {
  readonly random: Random;
  readonly disk: SimulatedDisk;
  readonly ledger = new Ledger();
  readonly withFailures: boolean;
  readonly damages: string[] = [];
  /** In some lives segments become rows; opening databases takes its time. */
  readonly database: SimulatedDatabase | undefined;
  processes: Process[] = [];
  time = START;
  #names = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.disk = new SimulatedDisk(this.random);
    this.disk.processNamed('setup').callSync('mkdir', '/home', 0o755);
    this.disk
      .processNamed('setup')
      .callSync('fsync', this.disk.processNamed('setup').callSync('open', '/', 0, 0));
    this.withFailures = this.random.chance(0.4);
    this.database = this.random.chance(COMPACTED) ? new SimulatedDatabase() : undefined;
  }

  async open(name = `process ${this.#names++}`): Promise<Process> {
    const { random } = this;
    const options: CheckedOptions = {
      ...checkOptions({
        allowForeignOwner: true,
        now: () => this.time++,
        on: { warning: nothing, damage: ({ reason }: DamageEvent) => void this.damages.push(reason) },
      }),
      // Far below what may be chosen, so that segments end often.
      segmentBytes: random.between(300, 4000),
    };
    const pace = random.chance(0.5) ? { smallest: 64, first: 256, largest: 1024 } : undefined;
    const log = await openOn(this.disk.processNamed(name), STORE, options, {
      sealAfter: Number.POSITIVE_INFINITY,
      littleBytes: random.pick([0, 200]),
      pace,
      atExit: () => () => undefined,
      // A path at which there is nothing.
      database: this.database?.path ?? '/nowhere/agent-log.db',
      patience: 0,
      lookEvery: 1,
    });
    return { name, log };
  }

  /** One thing that a process does. */
  async act({ log, name }: Process): Promise<void> {
    const { random, ledger } = this;
    const give = (count: number) => {
      const given = ledger.give(count, name);
      return { ...given, entries: given.texts.map((text) => ({ taskId: 't', type: 'text', text })) };
    };
    const kind = random.below(12);
    if (kind < 5) {
      const { entries, done, failed } = give(1);
      log.append(entries[0]!).then((id) => done([id]), failed);
    } else if (kind < 7) {
      const { entries, done, failed } = give(random.between(1, 6));
      log.appendBatch(entries).then(done, failed);
    } else if (kind === 7) {
      const { entries, done, failed } = give(1);
      try {
        done([log.appendSync(entries[0]!)]);
      } catch {
        failed();
      }
    } else if (kind === 8) {
      log.write(give(1).entries[0]!);
    } else if (kind === 9) {
      attempt(() => log.flushSync());
    } else if (kind === 10) {
      await log.flush().catch(nothing);
    } else if (this.database !== undefined && random.chance(0.6)) {
      // Not waited for: it may be under way when the process dies, or the next one asks for the same.
      this.compact(name).catch(nothing);
    } else if (!this.withFailures) {
      await this.read(log);
    }
  }

  async compact(process: string): Promise<void> {
    const { database, random, damages } = this;
    if (database === undefined) return;
    await compactAll({
      disk: this.disk.processNamed(process),
      process,
      paths: pathsOf(STORE),
      database,
      damages,
      roundBytes: random.pick([1, 2000, 100_000]),
      archiveBytes: random.pick([0, 5000, 1_000_000]),
    });
  }

  /** Reads all, and holds it against what was acknowledged when the reading began. */
  async read(log: AgentLog): Promise<[string, string][]> {
    const before = this.ledger.acknowledged;
    const found: [string, string][] = [];
    for await (const { id, text } of log.scan()) found.push([id, text]);
    this.ledger.check(found, before);
    if (this.damages.length > 0) throw new Error(`called damaged: ${this.damages}`);
    if (!this.withFailures) this.ledger.checkSeen(found);
    if (found.length > 0 && this.random.chance(0.2)) {
      const [id, text] = this.random.pick(found);
      if ((await log.get(id))?.text !== text) throw new Error(`get(${id}) does not find it`);
    }
    return found;
  }

  async session(): Promise<void> {
    const { random, disk } = this;
    for (let n = random.between(1, 2); n > 0; n--) this.processes.push(await this.open());
    for (let step = random.between(1, 20); step > 0; step--) {
      if (this.withFailures && random.chance(0.1)) disk.interfere = failing(disk, random);
      const process = random.pick(this.processes);
      await this.act(process);
      await turns(random);
      if (random.chance(0.03)) {
        this.kill(process);
        disk.interfere = () => undefined;
        this.processes.push(await this.open());
      }
    }
    const end = random.pick(['close', 'power', 'kill']);
    disk.interfere = () => undefined;
    if (end === 'close') await Promise.all(this.processes.map(({ log }) => log.close()));
    if (end === 'kill') for (const process of this.processes) this.kill(process);
    if (end === 'power' || random.chance(0.5)) this.cutPower();
    this.processes = [];
    // Promises that were resolved in the last moment are heard before anything is checked.
    await new Promise(setImmediate);
    this.time += random.pick([0, 1000, 60_000]);
  }

  cutPower(): void {
    this.disk.cutPower();
    this.database?.killAll();
  }

  kill(process: Process): void {
    this.disk.kill(process.name);
    this.database?.kill(process.name);
    this.processes = this.processes.filter((other) => other !== process);
  }

  /** The power goes while the store is opened, maybe several times; then all is there, and a second opening agrees. */
  async recover(): Promise<void> {
    for (let cuts = this.random.below(3); cuts > 0; cuts--) await this.openAndCut();
    for (let n = 0; n < 2; n++) {
      const { log, name } = await this.open();
      const found = await this.read(log);
      const counted = await log.count();
      if (counted !== found.length) throw new Error(`found ${found.length}, and counted ${counted}`);
      const plainly = this.readPlainly();
      if (String(found) !== String(plainly)) throw new Error(`found ${found}, and plainly ${plainly}`);
      if (this.database !== undefined) {
        await this.compact(name);
        const later = await this.read(log);
        if (String(found) !== String(later)) throw new Error(`found ${found}, and compacted ${later}`);
      }
      if (this.random.chance(0.5)) await log.close();
      else this.kill({ name, log });
    }
  }

  /** The rows, and what segments hold beside them. */
  readPlainly(): [string, string][] {
    const texts = new Map<string, string>();
    for (const [high, low, text] of this.database?.rows() ?? []) texts.set(formatId(high, low), text);
    const inSegments = readPlainly(this.disk.processNamed('plain reader'), `${STORE}/segments`);
    for (const [id, text] of inSegments) {
      if ((texts.get(id) ?? text) !== text) throw new Error(`${id} is a row, and another entry`);
      texts.set(id, text);
    }
    return [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async openAndCut(): Promise<void> {
    const { disk, random } = this;
    let left = random.between(1, 60);
    await new Promise<void>((resolve, reject) => {
      let off = false;
      disk.interfere = () => {
        if (--left > 0) return undefined;
        disk.interfere = () => undefined;
        this.cutPower();
        off = true;
        resolve();
        throw failure('EDEAD', 'call', 'the power is off');
      };
      this.open()
        .then(async ({ log, name }) => {
          await this.read(log);
          if (random.chance(0.5)) await this.compact(name);
        })
        .then(
          () => resolve(),
          (error) => (off ? undefined : reject(error)),
        );
    });
    disk.interfere = () => undefined;
    this.cutPower();
  }
}

/** Some calls fail: the next sync or write, as a bad or full disk lets them. */
function failing(disk: SimulatedDisk, random: Random): SimulatedDisk['interfere'] {
  let left = random.between(1, 3);
  return (_, name, args) => {
    if (!['write', 'fdatasync', 'fsync', 'open', 'rename', 'unlink'].includes(name)) return undefined;
    if (left === 0 || random.chance(0.6)) return undefined;
    left--;
    if (name === 'write') {
      if (random.chance(0.5)) return random.below(args[3] as number);
      throw failure(random.pick(['ENOSPC', 'EIO']), name, 'a bad disk');
    }
    if (name === 'fdatasync' || name === 'fsync') disk.loseUnsynced(args[0] as number);
    throw failure(name === 'open' ? 'EMFILE' : 'EIO', name, 'a bad disk');
  };
}

const nothing = () => undefined;

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Rejected: whether it is there is unknown.
  }
}

async function turns(random: Random): Promise<void> {
  for (let n = random.below(6); n > 0; n--) await new Promise(setImmediate);
}

async function live(seed: number): Promise<{ acknowledged: number; unknown: number }> {
  const life = new Life(seed);
  try {
    for (let n = life.random.between(1, 3); n > 0; n--) {
      await life.session();
      await life.recover();
    }
    const { doubleSyncs } = life.disk;
    if (doubleSyncs.length > 0) throw new Error(`two syncs of one open file at once: ${doubleSyncs}`);
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  } finally {
    life.database?.remove();
  }
  const acknowledged = life.ledger.acknowledged.size;
  return { acknowledged, unknown: life.ledger.size - acknowledged };
}

/** Lives of the seeds from `first` on, every second one, so that two test files share them. */
export async function liveOnAndOn(first: number): Promise<void> {
  let acknowledged = 0;
  let unknown = 0;
  for (let seed = first; seed <= LIVES; seed += 2) {
    const counts = await live(seed);
    acknowledged += counts.acknowledged;
    unknown += counts.unknown;
  }
  expect(acknowledged).toBeGreaterThan(LIVES);
  expect(unknown).toBeGreaterThan(LIVES / 2);
}
