/** The compactor's worker, as the thread sees it that started it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AgentLogError } from '../errors.js';
import type { CompactorReports, Goal } from './compactor.js';
import {
  type CompactorStart,
  type FromWorker,
  fromSent,
  type ToWorker,
  type WorkerStart,
} from './messages.js';

/** Whoever does the compactor's work: it is asked for one thing after the other, and ended once. */
export interface Runner {
  /** Resolves when it is done; rejects if it failed, or if the runner came to an end before. */
  drain(goal: Goal): Promise<void>;
  /** Resolves when nothing of it is left; rejects if the last round failed. */
  end(lastRound: boolean): Promise<void>;
  /** Resolves when nothing of it is left, for whatever reason. */
  readonly gone: Promise<void>;
}

/** The program of the worker; it must be where this says before a store is opened. */
export function findWorker(given: URL | undefined): URL {
  const url = given ?? usualWorker();
  if (url !== undefined && url.protocol === 'file:' && existsSync(fileURLToPath(url))) return url;
  const where = url === undefined ? 'this bundle does not say where it is' : `${url.href} is not there`;
  throw new AgentLogError(
    'AGENTLOG_WORKER_NOT_FOUND',
    `the program of agentlog's worker thread was not found: ${where}. In a bundled program, make a bundle of "agentlog/worker" as well and say where it is with the option worker (a file: URL), or leave agentlog out of the bundle. With compact: false, another process can do what the worker does`,
  );
}

/** Undefined in bundles that have no import.meta.url. */
function usualWorker(): URL | undefined {
  const here: string | undefined = import.meta.url;
  return here === undefined ? undefined : new URL('./compactor-worker.js', here);
}

export function startWorker(url: URL, start: WorkerStart): Worker {
  return new Worker(url, {
    workerData: start,
    name: 'agentlog',
    // What the host's command line loads is not for this thread.
    execArgv: [],
    // It says nothing. Were its output to go to the host's, a pipe there would be made non-blocking by that alone.
    stdout: true,
    stderr: true,
  });
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class WorkerLink implements Runner {
  readonly gone: Promise<void>;
  readonly #worker: Worker;
  readonly #reports: CompactorReports;
  readonly #waiting: Waiting[] = [];
  #death: Error | undefined;

  constructor(url: URL, start: CompactorStart, reports: CompactorReports) {
    this.#reports = reports;
    this.#worker = startWorker(url, start);
    this.#worker.unref();
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (error: unknown) => {
      this.#death = error instanceof Error ? error : new Error(String(error));
    });
    this.gone = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        const death =
          this.#death ?? new Error(`the compactor's thread ended by itself, with the exit code ${code}`);
        for (const { reject } of this.#waiting.splice(0)) reject(death);
        resolve();
      });
    });
  }

  drain(goal: Goal): Promise<void> {
    return this.#ask({ kind: 'drain', goal });
  }

  async end(lastRound: boolean): Promise<void> {
    try {
      await this.#ask({ kind: 'end', lastRound });
    } finally {
      await this.gone;
    }
  }

  #ask(message: ToWorker): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message);
    });
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'round':
        this.#reports.round(message.round);
        break;
      case 'recovered':
      case 'damaged':
        this.#reports[message.kind](message.path, message.verdict);
        break;
      case 'warning': {
        const { code, cause } = message;
        this.#reports.warning(code, message.message, cause === undefined ? undefined : fromSent(cause));
        break;
      }
      case 'done': {
        const waiting = this.#waiting.shift();
        if (message.failure === undefined) waiting?.resolve();
        else waiting?.reject(fromSent(message.failure));
        break;
      }
    }
  }
}
