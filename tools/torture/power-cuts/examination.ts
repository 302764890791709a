/** Opens what a power cut left, as whoever comes next does, and says what is wrong with it. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { verify } from '../../../src/compactor/verify.js';
import { compareIds, parseId, unpackId } from '../../../src/entry-id.js';
import {
  type AgentLog,
  AgentLogError,
  type AgentLogOptions,
  openAgentLog,
  type StoredEntry,
} from '../../../src/index.js';
import { nodeDisk } from '../../../src/segment/disk.js';
import { pathsOf } from '../../../src/segment/store-directory.js';
import { compactHere } from '../processes/compact-here.js';
import type { Random } from '../random.js';
import { entryOf, numberIn } from './entries.js';
import type { Backup, Ledger, Problems } from './ledger.js';
import { ASKED_FOR } from './marks.js';
import { STORE } from './take.js';

/** Sums over many examinations. */
export interface Findings {
  compared: number;
  lost: number;
  doubled: number;
  invented: number;
}

/** Given to a store after the power cut: above all numbers of the recording. */
const LATER_NUMBER = 900_000_000;

/** Small ones, so that rounds are many. */
const ROUND_BYTES = [1, 200_000, undefined];

/** Undefined when all is well. What is left in `root` is changed, as a store is by whoever opens it. */
export async function examine(
  root: string,
  ledger: Ledger,
  random: Random,
  findings: Findings,
): Promise<string | undefined> {
  const examination = new Examination(join(root, STORE), ledger.copy(), findings);
  try {
    for (const [directory, backup] of ledger.backups)
      if (random.chance(0.15)) await examination.ofBackup(join(root, directory), backup);
    if (ledger.isArchiveWhole && random.chance(0.12)) await examination.ofSegmentsAlone();
    else await examination.ofStore(random);
  } catch (error) {
    return error instanceof Wrong ? error.message : ((error as Error).stack ?? String(error));
  }
  return undefined;
}

class Wrong extends Error {}

class Examination {
  readonly #store: string;
  /** Learns what the examination itself does. */
  readonly #ledger: Ledger;
  readonly #findings: Findings;

  constructor(store: string, ledger: Ledger, findings: Findings) {
    this.#store = store;
    this.#ledger = ledger;
    this.#findings = findings;
  }

  async ofStore(random: Random): Promise<void> {
    const now = random.chance(0.5) ? this.#earlyClock() : undefined;
    await whileOpen(this.#store, { now }, async (log) => {
      await this.#read('at first', log);
      if (random.chance(0.5)) await this.#append(log, LATER_NUMBER);
    });
    if (random.chance(0.25)) {
      await compactHere(this.#store, random.pick(ROUND_BYTES));
      if (random.chance(0.3)) await this.#verify();
      await this.#readAgain('after compaction');
    } else if (random.chance(0.02)) {
      await whileOpen(this.#store, { compact: true }, async (log) => {
        await this.#append(log, LATER_NUMBER + 1);
        await log.compact();
      });
      await this.#readAgain('after compaction by its own worker');
    } else if (random.chance(0.15)) await this.#readAgain('again');
  }

  /** A lost database can be built anew from segments: without it, all is there. */
  async ofSegmentsAlone(): Promise<void> {
    const [segments, archive] = [join(this.#store, 'segments'), join(this.#store, 'archive')];
    for (const file of namesIn(this.#store))
      if (file.startsWith('agent-log.db')) rmSync(join(this.#store, file));
    for (const file of namesIn(archive)) renameSync(join(archive, file), join(segments, file));
    await this.#readAgain('without the database');
  }

  /** One that was not finished is none, unless it is whole all the same. */
  async ofBackup(directory: string, { ledger, isDone }: Backup): Promise<void> {
    try {
      await whileOpen(directory, { readOnly: true }, async (log) => {
        const found = await readAll(log);
        this.#tell('in the backup', found, ledger.check(found, this.#ledger));
      });
    } catch (error) {
      const isNone = error instanceof AgentLogError && error.code === 'AGENTLOG_NOT_FOUND';
      if (isDone || !isNone) throw error;
    }
  }

  async #verify(): Promise<void> {
    const { ok, problems } = await verify(nodeDisk, pathsOf(this.#store), () => undefined);
    if (!ok) throw new Wrong(`verified: ${JSON.stringify(problems)}`);
  }

  async #readAgain(when: string): Promise<void> {
    await whileOpen(this.#store, {}, (log) => this.#read(when, log));
  }

  async #read(when: string, log: AgentLog): Promise<void> {
    const found = await readAll(log);
    this.#tell(when, found, this.#ledger.check(found));
    const count = await log.count();
    if (count !== found.length) throw new Wrong(`${when}: ${found.length} entries, and counted ${count}`);
    // From now on it is settled what is there.
    this.#ledger.learn({ kind: 'read', found: found.map(({ text, id }) => [numberIn(text)!, id]) });
  }

  async #append(log: AgentLog, number: number): Promise<void> {
    const given = [...this.#ledger.ids].map((id) => parseId(id)!);
    this.#ledger.learn({ kind: 'give', handle: 'later', numbers: [number] });
    const id = await log.append(entryOf(number));
    const its = parseId(id)!;
    const { slot } = unpackId(its);
    const above = given.find((other) => unpackId(other).slot === slot && compareIds(other, its) >= 0);
    if (above !== undefined) throw new Wrong(`its slot gave ids before that are not below the new ${id}`);
    this.#ledger.learn({ kind: 'acknowledged', numbers: [number], ids: [id] });
  }

  /** One that stands where it stood before all that was given: only what is on disk keeps ids from being given twice. */
  #earlyClock(): (() => number) | undefined {
    const [first] = this.#ledger.ids;
    if (first === undefined) return undefined;
    const { time } = unpackId(parseId(first)!);
    return () => time;
  }

  #tell(when: string, found: readonly StoredEntry[], { lost, doubled, invented }: Problems): void {
    this.#findings.compared += found.length;
    this.#findings.lost += lost.length;
    this.#findings.doubled += doubled.length;
    this.#findings.invented += invented.length;
    const few = (name: string, problems: readonly string[]) =>
      problems.length === 0 ? [] : [`${problems.length} ${name}: ${problems.slice(0, 3).join('; ')}`];
    const all = [...few('lost', lost), ...few('doubled', doubled), ...few('invented', invented)];
    if (all.length > 0) throw new Wrong(`${when}: ${all.join('. ')}`);
  }
}

/** What a listener throws reaches nobody, so what is heard is looked at in the end. */
async function whileOpen(
  store: string,
  options: AgentLogOptions,
  work: (log: AgentLog) => Promise<void>,
): Promise<void> {
  const heard: string[] = [];
  const log = await openAgentLog(store, {
    compact: false,
    ...options,
    on: {
      damage: ({ segment, reason }) => void heard.push(`called damaged: ${segment}: ${reason}`),
      // A rebuild that was asked for before the power went is done by whoever leads next.
      heal: ({ reason }) => {
        if (reason !== ASKED_FOR) heard.push(`had to be made anew: ${reason}`);
      },
      warning: ({ code, message }) => void heard.push(`${code}: ${message}`),
    },
  });
  try {
    await work(log);
  } finally {
    await log.close();
  }
  if (heard.length > 0) throw new Wrong(heard.join('; '));
}

async function readAll(log: AgentLog): Promise<StoredEntry[]> {
  const found: StoredEntry[] = [];
  for await (const entry of log.scan()) found.push(entry);
  return found;
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
