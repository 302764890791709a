/** One case: a copy of a store is damaged, opened, read, written to, compacted, opened again; and all of it is judged. */
import { cpSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AgentLogOptions } from '../../../src/options.js';
import { type Random, randomOfCase } from '../random.js';
import { type Damage, damageStore } from './damage.js';
import { type ExpectedLoss, expectedLoss } from './expected-loss.js';
import { appendSome, Observations, openDamaged, queryRows, readEverything } from './observer.js';
import type { Ledger } from './store-kinds.js';

export interface Template {
  readonly kind: string;
  readonly directory: string;
  readonly ledger: Ledger;
}

export interface Outcome {
  readonly about: string;
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Whether a store finds all damage of its database, and brings back what segments still hold. As long as it does not,
 * reads of a database that SQLite calls damaged may fail, and rows that its damage hides are only counted.
 */
const HEALS: boolean = false;

const OF_DATABASE = ['database', 'log of the database', 'index of the log'];

export async function runCase(
  template: Template,
  place: string,
  seed: number,
  number: number,
): Promise<Outcome> {
  const random = randomOfCase(seed, number);
  cpSync(template.directory, place, { recursive: true });
  try {
    const damages = damageStore(place, random);
    const judge = new Judge(template, damages, place);
    await judge.run(place, random);
    const about = damages.map(({ how, file }) => `${how}: ${file}`).join(' and ');
    return { about: `${template.kind}, ${about}`, problems: judge.seen.problems, counts: judge.counts() };
  } finally {
    rmSync(place, { recursive: true });
  }
}

class Judge {
  readonly seen: Observations;
  readonly #counts = new Map<string, number>();
  readonly #damages: readonly Damage[];
  readonly #losses: ReadonlyMap<string, ExpectedLoss>;

  constructor({ directory, ledger }: Template, damages: readonly Damage[], place: string) {
    this.seen = new Observations(ledger);
    this.#damages = damages;
    const waiting = damages.filter(({ part }) => part === 'waiting segment');
    this.#losses = new Map(
      waiting.map(({ file }) => [file, expectedLoss(join(directory, file), join(place, file))]),
    );
  }

  async run(store: string, random: Random): Promise<void> {
    const options: AgentLogOptions = random.pick([{ readOnly: true }, { compact: false }, {}, {}]);
    await this.#use(store, options, random);
    // Whoever comes next, with nothing wrong but what was done to the files.
    await this.#use(store, random.chance(0.5) ? {} : { readOnly: true }, random);
    this.#count('cases', 1);
    for (const { part } of this.#damages) this.#count(`damages: ${part}`, 1);
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  async #use(store: string, options: AgentLogOptions, random: Random): Promise<void> {
    const { seen } = this;
    const log = await openDamaged(store, seen, options);
    if (log === undefined) {
      if (!this.#hits('manifest')) seen.problem(`it was not opened: ${seen.failures.get('openAgentLog')}`);
      this.#count('openings refused', 1);
      return;
    }
    try {
      this.#judgeScan(await readEverything(log, seen, random));
      if (options.readOnly === true) return;
      await appendSome(log, seen);
      if (options.compact !== false) await seen.attempt('compact', () => log.compact());
      if (random.chance(0.05)) await queryRows(log, seen);
      this.#judgeScan(await readEverything(log, seen, random));
    } finally {
      await seen.attempt('close', () => log.close());
      this.#judgeCalls();
    }
  }

  #hits(...parts: readonly string[]): boolean {
    return this.#damages.some(({ part }) => parts.includes(part));
  }

  get #databaseIsHit(): boolean {
    return this.#hits(...OF_DATABASE);
  }

  /** What failed, and what did not agree. */
  #judgeCalls(): void {
    const { seen } = this;
    const mayFail = this.#databaseIsHit && !HEALS;
    for (const [what, how] of seen.failures) {
      const isQuery = what === 'search' && how.startsWith('AGENTLOG_NO_FULL_TEXT');
      if (isQuery || what === 'openAgentLog') continue;
      if (!mayFail || what === 'append' || what === 'close') seen.problem(`${what} failed: ${how}`);
      else this.#count('calls that failed as the database is damaged', 1);
    }
    seen.failures.clear();
    for (const what of seen.disagreements) {
      if (!mayFail) seen.problem(what);
      else this.#count('answers that did not agree as the database is damaged', 1);
    }
    seen.disagreements.length = 0;
  }

  /** What is missing must have been told, if anything is left that tells of it. */
  #judgeScan(scanned: readonly { readonly id: string }[] | undefined): void {
    const { seen } = this;
    if (scanned === undefined) return;
    this.#count('entries compared', scanned.length);
    const there = new Set(scanned.map(({ id }) => id));
    const missing = [...seen.ledger.keys()].filter((id) => !there.has(id));
    const [told, untold, hidden]: [string[], string[], string[]] = [[], [], []];
    for (const id of missing) {
      if (seen.since.has(id)) seen.problem(`${id} was acknowledged after the damage and is lost`);
      else if (this.#isToldOf(id)) told.push(id);
      else if ([...this.#losses.values()].some((loss) => loss.untold.has(id))) untold.push(id);
      else if (this.#databaseIsHit) hidden.push(id);
      else seen.problem(`${id} is lost, and nothing that was damaged held it`);
    }
    const isTold = (file: string) =>
      seen.told.some((one) => one.includes(basename(file).replace(/\.\w+$/, '')));
    for (const [file, loss] of this.#losses) {
      const lost = told.filter((id) => loss.told.has(id));
      if (lost.length > 0 && !isTold(file))
        seen.problem(`${lost.length} entries of ${file} are lost, and no event says so`);
    }
    if (hidden.length > 0 && seen.told.length === 0) {
      if (HEALS) seen.problem(`${hidden.length} rows are gone, and nothing says so`);
      this.#count('scans that miss rows of the damaged database and do not say so', 1);
    }
    this.#tally('lost with a report', told.length + (seen.told.length > 0 ? hidden.length : 0));
    this.#tally('lost with all that proves it: not to be told from a torn tail', untold.length);
  }

  #isToldOf(id: string): boolean {
    return [...this.#losses.values()].some((loss) => loss.told.has(id));
  }

  /** Of several scans of a case, the one that missed most counts. */
  #tally(figure: string, many: number): void {
    this.#counts.set(figure, Math.max(this.#counts.get(figure) ?? 0, many));
  }

  #count(figure: string, by: number): void {
    this.#counts.set(figure, (this.#counts.get(figure) ?? 0) + by);
  }
}
