/** One case: a copy of a store is damaged, opened, read, written to, compacted, opened again; and all of it is judged. */
import { cpSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AgentLog, AgentLogOptions, VerifyResult } from '../../../src/index.js';
import { type Random, randomOfCase } from '../random.js';
import { type Damage, damageStore } from './damage.js';
import { type ExpectedLoss, expectedLoss, heldBySegments } from './expected-loss.js';
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
  /** What sound segments hold, and so must never be missing in the end. */
  readonly #held: ReadonlySet<string>;
  /** Ids that the first scan did not give. */
  #missedAtFirst: ReadonlySet<string> | undefined;

  constructor({ directory, ledger }: Template, damages: readonly Damage[], place: string) {
    this.seen = new Observations(ledger);
    this.#damages = damages;
    const waiting = damages.filter(({ part }) => part === 'waiting segment');
    this.#losses = new Map(
      waiting.map(({ file }) => [file, expectedLoss(join(directory, file), join(place, file))]),
    );
    this.#held = heldBySegments(
      directory,
      damages.map(({ file }) => file),
    );
  }

  async run(store: string, random: Random): Promise<void> {
    for (const { part } of this.#damages) this.#count(`damages: ${part}`, 1);
    this.#count('cases', 1);
    await this.#meetDamage(store, random.pick([{ readOnly: true }, { compact: false }, {}, {}]), random);
    // Verifying takes as long as all else.
    if (this.#databaseIsHit || random.chance(0.25)) await this.#mend(store, random);
    else await this.#meetAgain(store, random);
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  /** Whoever opens the store first: what SQLite calls damaged may not be readable yet, and says so. */
  async #meetDamage(store: string, options: AgentLogOptions, random: Random): Promise<void> {
    const { seen } = this;
    const log = await this.#open(store, options);
    if (log === undefined) return;
    try {
      const scanned = await readEverything(log, seen, random);
      const missing = this.#judgeScan(scanned);
      this.#missedAtFirst = new Set(scanned === undefined ? seen.ledger.keys() : missing);
      if (options.readOnly === true) return;
      await appendSome(log, seen);
      if (options.compact !== false) await seen.attempt('compact', () => log.compact());
      if (random.chance(0.05)) await queryRows(log, seen);
      this.#judgeScan(await readEverything(log, seen, random));
    } finally {
      await seen.attempt('close', () => log.close());
      this.#judgeCalls(this.#databaseIsHit);
    }
  }

  /** Of what is not in the database, nothing needs to be mended. */
  async #meetAgain(store: string, random: Random): Promise<void> {
    const { seen } = this;
    const log = await this.#open(store, { readOnly: true });
    if (log === undefined) return;
    try {
      const missing = this.#judgeScan(await readEverything(log, seen, random));
      if (missing !== undefined) this.#judgeLoss(missing);
    } finally {
      await seen.attempt('close', () => log.close());
      this.#judgeCalls(false);
    }
  }

  /** Whoever has everything verified, and the database made anew if that finds something: all must be well then. */
  async #mend(store: string, random: Random): Promise<void> {
    const { seen } = this;
    const log = await this.#open(store, {});
    if (log === undefined) return;
    try {
      const isUnsound = (await this.#verify(log))?.ok !== true;
      if (this.#databaseIsHit && isUnsound) {
        await seen.attempt('rebuild', () => log.rebuild());
        this.#count('databases made anew on request', 1);
        this.#expectSound(await this.#verify(log));
      } else if (!this.#hits('waiting segment', 'archive', 'quarantine') && isUnsound)
        seen.problem('verify finds something wrong, and nothing is');
      await appendSome(log, seen);
      const missing = this.#judgeScan(await readEverything(log, seen, random));
      if (missing === undefined) seen.problem('the store cannot be read, although it was mended');
      else this.#judgeLoss(missing);
    } finally {
      await seen.attempt('close', () => log.close());
      this.#judgeCalls(false);
    }
  }

  async #open(store: string, options: AgentLogOptions): Promise<AgentLog | undefined> {
    const { seen } = this;
    const log = await openDamaged(store, seen, options);
    if (log !== undefined) return log;
    if (!this.#hits('manifest')) seen.problem(`it was not opened: ${seen.failures.get('openAgentLog')}`);
    this.#count('openings refused', 1);
    return undefined;
  }

  #verify(log: AgentLog): Promise<VerifyResult | undefined> {
    return this.seen.attempt('verify', () => log.verify());
  }

  #expectSound(result: VerifyResult | undefined): void {
    // A database that was made anew does not mend segments.
    const wrong = result?.problems.filter(({ kind }) => kind !== 'segment' && kind !== 'ledger');
    if (wrong === undefined || wrong.length > 0)
      this.seen.problem(`what was made anew is not sound: ${JSON.stringify(wrong?.slice(0, 3))}`);
  }

  #hits(...parts: readonly string[]): boolean {
    return this.#damages.some(({ part }) => parts.includes(part));
  }

  get #databaseIsHit(): boolean {
    return this.#hits(...OF_DATABASE);
  }

  /** What failed, and what did not agree. */
  #judgeCalls(mayFail: boolean): void {
    const { seen } = this;
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

  /** The ids of what is missing; what segments lost must have been told, if anything is left that tells of it. */
  #judgeScan(scanned: readonly { readonly id: string }[] | undefined): string[] | undefined {
    const { seen } = this;
    if (scanned === undefined) return undefined;
    this.#count('entries compared', scanned.length);
    const there = new Set(scanned.map(({ id }) => id));
    const missing = [...seen.ledger.keys()].filter((id) => !there.has(id));
    for (const id of missing) {
      if (seen.since.has(id)) seen.problem(`${id} was acknowledged after the damage and is lost`);
      else if (!this.#databaseIsHit && !this.#isLost('told', id) && !this.#isLost('untold', id))
        seen.problem(`${id} is lost, and nothing that was damaged held it`);
    }
    for (const [file, loss] of this.#losses) {
      const lost = missing.filter((id) => loss.told.has(id));
      const isTold = seen.told.some((one) => one.includes(basename(file).replace(/\.\w+$/, '')));
      if (lost.length > 0 && !isTold)
        seen.problem(`${lost.length} entries of ${file} are lost, and no event says so`);
    }
    return missing;
  }

  /** In the end. */
  #judgeLoss(missing: readonly string[]): void {
    const { seen } = this;
    const back = [...(this.#missedAtFirst ?? [])].filter((id) => !missing.includes(id));
    this.#count('entries that could not be read at first, and came back', back.length);
    const [told, untold] = (['told', 'untold'] as const).map((kind) =>
      missing.filter((id) => this.#isLost(kind, id)),
    );
    this.#count('entries lost in segments, and told', told!.length);
    this.#count(
      'entries lost with all that proves them: like the torn tail of a dead writer',
      untold!.length,
    );
    const rows = missing.filter((id) => !this.#isLost('told', id) && !this.#isLost('untold', id));
    for (const id of rows)
      if (this.#held.has(id)) seen.problem(`${id} is lost, and a segment that is sound holds it`);
    const isTold = seen.told.length > 0 || seen.heals.some(({ missing: lost }) => lost === null || lost > 0);
    if (rows.length > 0 && !isTold) seen.problem(`${rows.length} rows are lost, and nothing says so`);
    this.#count('entries lost with rows that nothing else held, and told', rows.length);
    this.#count('heal events', seen.heals.length);
  }

  #isLost(kind: keyof ExpectedLoss, id: string): boolean {
    return [...this.#losses.values()].some((loss) => loss[kind].has(id));
  }

  #count(figure: string, by: number): void {
    this.#counts.set(figure, (this.#counts.get(figure) ?? 0) + by);
  }
}
