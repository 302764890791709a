/**
 * The processes in which a handle's queries run: made when they are needed, so that a query that takes for ever keeps no
 * other one waiting, up to a few; kept for a while afterwards, as making one takes longer than most queries. For the same
 * reason the process of a query that was aborted is not ended at once, but only if it does not come out of it soon.
 */
import type { CancelSignal } from '../cancel-signal.js';
import { ioError } from '../errors.js';
import { QueryProcess, type Question } from './query-process.js';

interface Options {
  readonly protocol: number;
  /** The path of the program that they run. It may throw. */
  readonly findProgram: () => string;
  /** Above this, queries wait for each other. */
  readonly most?: number;
  readonly idleMs?: number;
  /** How long a process may take to leave a query that was aborted. */
  readonly graceMs?: number;
}

const MOST_PROCESSES = 4;
const IDLE_MS = 10_000;
const GRACE_MS = 1000;

/** A query that was asked for. */
interface Job {
  readonly question: Question;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class QueryProcesses {
  readonly #options: Required<Options>;
  readonly #waiting: Job[] = [];
  readonly #busy = new Map<Job, QueryProcess>();
  /** Those that have nothing to do, with the timers that end them. */
  readonly #idle = new Map<QueryProcess, NodeJS.Timeout>();
  /** Those that are leaving a query that was aborted, with the timers that end them. */
  readonly #leaving = new Map<QueryProcess, NodeJS.Timeout>();
  /** Ends of processes that have not come yet. */
  readonly #ends = new Set<Promise<void>>();
  /** With what everything ends that is asked for from then on. */
  #closed: Error | undefined;

  constructor(options: Options) {
    this.#options = { most: MOST_PROCESSES, idleMs: IDLE_MS, graceMs: GRACE_MS, ...options };
  }

  /** Resolves when all pages of the answer were taken. */
  async run(question: Question, signal: CancelSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    let stop = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const job: Job = { question, resolve, reject };
        stop = () => this.#drop(job, signal?.reason);
        signal?.addEventListener('abort', stop, { once: true });
        this.#waiting.push(job);
        this.#next();
      });
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Whatever is under way, and what is asked for later, ends with this error. Resolves when no process is left. */
  async close(error: Error): Promise<void> {
    this.#closed = error;
    for (const job of [...this.#waiting, ...this.#busy.keys()]) this.#drop(job, error);
    for (const process of [...this.#idle.keys(), ...this.#leaving.keys()]) this.#end(process);
    await Promise.all(this.#ends);
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#busy.size + this.#leaving.size < this.#options.most) {
      const job = this.#waiting.shift()!;
      try {
        this.#begin(job, this.#take());
      } catch (error) {
        job.reject(error);
      }
    }
    // Who waits for the place of one of them must still be there when it is free.
    for (const process of this.#leaving.keys()) process.keepHost(this.#waiting.length > 0);
  }

  #begin(job: Job, process: QueryProcess): void {
    this.#busy.set(job, process);
    const over = () => {
      // Not so if it was dropped: its process is being left.
      if (this.#busy.delete(job)) this.#rest(process);
      this.#next();
    };
    process.ask(job.question).then(
      () => {
        over();
        job.resolve();
      },
      (error) => {
        over();
        job.reject(error);
      },
    );
  }

  #take(): QueryProcess {
    for (const [idle, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(idle);
      if (!idle.isEnding) return idle;
    }
    return this.#make();
  }

  #make(): QueryProcess {
    const { findProgram, protocol } = this.#options;
    const program = findProgram();
    let process: QueryProcess;
    try {
      process = new QueryProcess(program, protocol);
    } catch (error) {
      throw ioError('the process for queries could not be started', error);
    }
    const end = process.gone.then(() => {
      this.#ends.delete(end);
      this.#end(process);
    });
    this.#ends.add(end);
    return process;
  }

  #rest(process: QueryProcess): void {
    this.#idle.set(process, this.#endAfter(this.#options.idleMs, process));
  }

  #leave(process: QueryProcess): void {
    this.#leaving.set(process, this.#endAfter(this.#options.graceMs, process));
    void process.leave().then(() => {
      clearTimeout(this.#leaving.get(process));
      // Not so if it was ended meanwhile.
      if (this.#leaving.delete(process)) this.#rest(process);
      this.#next();
    });
  }

  #endAfter(milliseconds: number, process: QueryProcess): NodeJS.Timeout {
    return setTimeout(() => this.#end(process), milliseconds).unref();
  }

  #end(process: QueryProcess): void {
    for (const timers of [this.#idle, this.#leaving]) {
      clearTimeout(timers.get(process));
      timers.delete(process);
    }
    process.kill();
    this.#next();
  }

  #drop(job: Job, reason: unknown): void {
    const place = this.#waiting.indexOf(job);
    if (place !== -1) this.#waiting.splice(place, 1);
    const process = this.#busy.get(job);
    this.#busy.delete(job);
    if (process !== undefined) this.#leave(process);
    job.reject(reason);
    this.#next();
  }
}
