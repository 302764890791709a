/** The processes that write. One is ended at each point that the seed says, and replaced until its part is done. */
import { setTimeout as delay } from 'node:timers/promises';
import { Process } from '../torture/processes/process.js';
import { Ledger } from './ledger.js';
import type { Answer, Said } from './program.js';
import type { Job, Scenario, Side } from './scenario.js';

/** When so many answers have come, this one is ended. */
export interface End {
  readonly answers: number;
  readonly place: number;
}

interface Plan {
  readonly side: Side;
  readonly directory: string;
  readonly entriesEach: number;
  /** In their order. */
  readonly ends: readonly End[];
  readonly seed: number;
}

/** Lives in a row that end by themselves without an answer, before a place is given up. */
const MOST_FRUITLESS = 3;

export class Crew {
  readonly ledger: Ledger;
  readonly errors = new Map<string, number>();
  readonly troubles: string[] = [];
  stallMs = 0;
  killed = 0;
  leftInTime = 0;
  readonly #scenario: Scenario;
  readonly #plan: Plan;
  readonly #ends: End[];
  readonly #left: number[];
  readonly #living = new Map<number, Process>();
  /** Those that wait for the others, until all have opened the store. */
  readonly #waiting = new Map<number, Process | undefined>();
  #ending: Process | undefined;
  #answers = 0;
  #begun: number | undefined;
  #lastAnswer = 0;

  constructor(scenario: Scenario, plan: Plan) {
    this.#scenario = scenario;
    this.#plan = plan;
    this.#ends = [...plan.ends];
    this.#left = Array.from({ length: scenario.processes }, () => plan.entriesEach);
    this.ledger = new Ledger(scenario.longest);
  }

  async work(): Promise<void> {
    await Promise.all(this.#left.map((_, place) => this.#fill(place)));
  }

  /** From the moment when all were open to the last answer. */
  get milliseconds(): number {
    return this.#begun === undefined ? 0 : this.#lastAnswer - this.#begun;
  }

  countError(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  async #fill(place: number): Promise<void> {
    let fruitless = 0;
    for (let life = 0; this.#left[place]! > 0 && fruitless < MOST_FRUITLESS; life++) {
      const before = this.#left[place];
      const one = this.#start(place, life);
      const { status, signal, stderr } = await one.ended;
      this.#living.delete(place);
      const wasEnded = this.#ending === one;
      if (wasEnded) this.#ending = undefined;
      if (wasEnded && signal === 'SIGKILL') this.killed++;
      else if (status !== 0)
        this.troubles.push(`a process ended with ${status ?? signal}: ${reasonIn(stderr)}`);
      else if (wasEnded) this.leftInTime++;
      fruitless = !wasEnded && this.#left[place] === before ? fruitless + 1 : 0;
    }
    if (this.#left[place] === 0) return;
    this.troubles.push('given up: it cannot be opened any more');
    this.#opened(place);
  }

  #start(place: number, life: number): Process {
    const { side, directory, seed } = this.#plan;
    const { program, processes, longest } = this.#scenario;
    const name = `${place}.${life}`;
    this.ledger.admit(name);
    const job: Job = {
      side,
      directory,
      name,
      place,
      processes,
      longest,
      entries: this.#left[place]!,
      seed: seed + 1000 * place + life,
    };
    const one = new Process(program, { args: { ...job } });
    one.onSaid = (said) => this.#hear(one, place, said as Said);
    this.#living.set(place, one);
    return one;
  }

  #hear(one: Process, place: number, said: Said): void {
    if (said === 'open') this.#opened(place, one);
    else if ('by' in said) this.#answer(place, said);
    else if ('stallMs' in said) this.stallMs = Math.max(this.stallMs, said.stallMs);
    else if ('livedWith' in said) this.countError(said.livedWith);
    else if ('trouble' in said) this.troubles.push(said.trouble);
  }

  #opened(place: number, one?: Process): void {
    if (this.#begun !== undefined) {
      one?.tell('go');
      return;
    }
    this.#waiting.set(place, one);
    if (this.#waiting.size < this.#left.length) return;
    this.#begun = performance.now();
    for (const waiting of this.#waiting.values()) waiting?.tell('go');
  }

  #answer(place: number, answer: Answer): void {
    const { by, n } = answer;
    if ('id' in answer) this.ledger.acknowledge(by, n, answer.id);
    else {
      this.ledger.refuse(by, n);
      this.countError(answer.refused);
    }
    this.#answers++;
    this.#left[place]!--;
    this.#lastAnswer = performance.now();
    const next = this.#ends[0];
    if (next === undefined || next.answers > this.#answers || this.#ending !== undefined) return;
    const victim = this.#living.get(next.place) ?? [...this.#living.values()][0];
    if (victim === undefined) return;
    this.#ends.shift();
    this.#ending = victim;
    void this.#end(victim);
  }

  async #end(victim: Process): Promise<void> {
    const { graceMs } = this.#scenario;
    if (graceMs !== undefined) {
      victim.signal('SIGTERM');
      await Promise.race([victim.ended, delay(graceMs)]);
    }
    await victim.kill();
  }
}

function reasonIn(stderr: string): string {
  return /^\w*Error.*$/m.exec(stderr)?.[0] ?? stderr.trim().slice(0, 200);
}
