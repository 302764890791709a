/** One store, and the processes that use it and are killed, and replaced, for a while. */
import { setTimeout as delay } from 'node:timers/promises';
import { openAgentLog } from '../../../src/index.js';
import { leaderOf } from '../processes/leader-of.js';
import { Ledger, type Told } from '../processes/ledger.js';
import { Process } from '../processes/process.js';
import type { Random } from '../random.js';
import { AcknowledgedPlaces } from './acknowledged.js';
import type { ReaderArgs, Reading } from './reader-child.js';
import type { WriterArgs } from './writer-child.js';

const WRITER = new URL('./writer-child.js', import.meta.url);
const READER = new URL('./reader-child.js', import.meta.url);

const PROCESSES = [
  'compacts',
  'compacts',
  'may lead',
  'may lead',
  'never leads',
  'never leads',
  'reads',
  'reads',
] as const;
type Role = (typeof PROCESSES)[number];

type Said = Told | Reading | { readonly compacted: number } | string;

/** Between two kills. */
const SHORTEST_MS = 100;
const LONGEST_MS = 900;
/** On a slow machine, too, most of them are at work. */
const MOST_STARTING = 2;
/** Calls that a writer makes, and how long it then rests: what is written must be read in the end. */
const PORTION = 60;
const REST_MS = 40;

export class Life {
  readonly ledger = new Ledger();
  readonly #store: string;
  readonly #random: Random;
  readonly #places = new AcknowledgedPlaces();
  readonly #living = new Map<Process, Role>();
  readonly #starting = new Set<Process>();
  #wake = () => {};
  /** What a process said that it should have no reason to say. */
  readonly #troubles: unknown[] = [];
  readonly kills = { leaders: 0, writers: 0, readers: 0 };
  /** Of compaction, and the entries that became rows in them. */
  rounds = 0;
  rows = 0;
  readings = 0;
  /** Those that were over when the last leader was killed. */
  #roundsOfOthers = 0;
  #writers = 0;

  constructor(store: string, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  /** Ends with no process left. Throws if one of them said something wrong. */
  async live(milliseconds: number): Promise<void> {
    try {
      // Readers do not make a store.
      await (await openAgentLog(this.#store)).close();
      for (const role of PROCESSES) this.#start(role);
      await this.#untilOpen(0);
      const end = performance.now() + milliseconds;
      while (performance.now() < end && this.#troubles.length === 0) {
        await delay(this.#random.between(SHORTEST_MS, LONGEST_MS));
        await this.#untilOpen(MOST_STARTING);
        await this.#killOne();
      }
      await this.#endAll();
    } finally {
      await Promise.all([...this.#living.keys()].map((one) => one.kill()));
    }
    if (this.#troubles.length > 0)
      throw new Error(this.#troubles.map((one) => JSON.stringify(one)).join('\n'));
  }

  async #killOne(): Promise<void> {
    const [victim, role] = this.#chooseVictim();
    const isLeader = victim.pid === leaderOf(this.#store);
    if (isLeader) this.#roundsOfOthers = this.rounds;
    this.#living.delete(victim);
    this.#starting.delete(victim);
    const { status, signal, stderr } = await victim.kill();
    if (signal !== 'SIGKILL') this.#trouble({ role, status, signal, stderr });
    this.kills[isLeader ? 'leaders' : role === 'reads' ? 'readers' : 'writers']++;
    // Nobody waits until it is open: it may be killed before.
    this.#start(role);
  }

  /** Most leaders come to a round or two, and are killed soon after. */
  #chooseVictim(): [Process, Role] {
    const all = [...this.#living];
    const pid = leaderOf(this.#store);
    const leader = all.find(([one]) => one.pid === pid);
    if (leader === undefined || this.#random.chance(0.1)) return this.#random.pick(all);
    if (this.rounds > this.#roundsOfOthers && this.#random.chance(0.6)) return leader;
    return this.#random.pick(all.filter((one) => one !== leader));
  }

  /** Half of those that live close the store; the others are killed. */
  async #endAll(): Promise<void> {
    const all = [...this.#living];
    this.#living.clear();
    await Promise.all(
      all.map(async ([one, role], n) => {
        const isKilled = role === 'reads' || n % 2 === 0;
        if (isKilled) await one.kill();
        else one.tell(0);
        const { status, signal, stderr } = await one.ended;
        if (isKilled ? signal !== 'SIGKILL' : status !== 0 || stderr !== '')
          this.#trouble({ role, status, signal, stderr });
      }),
    );
  }

  /** But for so many at most, or until something is wrong. */
  async #untilOpen(most: number): Promise<void> {
    while (this.#starting.size > most && this.#troubles.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  #trouble(trouble: unknown): void {
    this.#troubles.push(trouble);
    this.#wake();
  }

  #start(role: Role): void {
    const store = this.#store;
    const process =
      role === 'reads'
        ? new Process(READER, { args: { store } satisfies ReaderArgs })
        : new Process(WRITER, {
            args: {
              store,
              name: `writer ${this.#writers++}`,
              seed: this.#random.next(),
              role,
            } satisfies WriterArgs,
          });
    this.#living.set(process, role);
    this.#starting.add(process);
    process.ended.then(({ status, signal, stderr }) => {
      // Nobody has killed it.
      if (this.#living.has(process)) this.#trouble({ role, status, signal, stderr });
    });
    process.onSaid = (said) => this.#hear(process, said as Said);
  }

  #hear(process: Process, said: Said): void {
    if (said === 'open') {
      this.#starting.delete(process);
      this.#wake();
      this.#goOn(process);
    } else if (said === 'done') setTimeout(() => this.#goOn(process), REST_MS);
    else if (typeof said === 'string') this.#trouble(said);
    else if ('entries' in said) {
      this.readings++;
      setTimeout(() => this.#goOn(process), REST_MS);
    } else if ('compacted' in said) {
      this.rounds++;
      this.rows += said.compacted;
    } else if ('given' in said || 'acknowledged' in said) {
      this.ledger.hear(said);
      if ('acknowledged' in said) this.#places.add(said.acknowledged);
    } else this.#trouble(said);
  }

  #goOn(process: Process): void {
    const role = this.#living.get(process);
    if (role !== undefined) process.tell(role === 'reads' ? this.#places.toBeFound : PORTION);
  }
}
