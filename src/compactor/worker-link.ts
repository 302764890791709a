/** The compactor's worker, as the thread sees it that started it. */
import { existsSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { whereIs } from '../bundled.js';
import { AgentLogError } from '../errors.js';
import { fromSent } from '../sent-error.js';
import type { CompactorReports, Goal } from './compactor.js';
import type { CompactorStart, FromWorker, ToWorker, WorkerStart } from './messages.js';
import type { Runner } from './runner.js';

/** The path of the worker's program, the URL of which may have been given. It must be there before a store is opened. */
export function findWorker(given: string | undefined): string {
  // A bundled program finds a bundle of this name beside it by itself.
  const path = fileURLToPath(given ?? new URL('./compactor-worker.js', whereIs(import.meta.url)));
  if (existsSync(path)) return path;
  throw new AgentLogError(
    'AGENTLOG_WORKER_NOT_FOUND',
    `the program of agentlog's worker thread was not found: ${path} is not there. In a bundled program, make a bundle of "agentlog/worker" as well and say where it is with the option worker (a file: URL), or leave agentlog out of the bundle. With compact: false, another process can do what the worker does`,
  );
}

export function startWorker(path: string, start: WorkerStart): Worker {
  return new Worker(path, {
    workerData: start,
    name: 'agentlog',
    // What the host's command line loads is not for this thread. What NODE_OPTIONS loads is: with Yarn's Plug'n'Play no
    // package would be found without it.
    execArgv: [],
    // It says nothing. Were its output to go to the host's, a pipe there would be made non-blocking by that alone.
    stdout: true,
    stderr: true,
  });
}

interface Waiting {
  readonly resolve: (left: number) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerLink implements Runner {
  readonly gone: Promise<void>;
  readonly #worker: Worker;
  readonly #reports: CompactorReports;
  readonly #waiting: Waiting[] = [];
  #death: Error | undefined;

  constructor(path: string, start: Omit<CompactorStart, 'program'>, reports: CompactorReports) {
    this.#reports = reports;
    this.#worker = startWorker(path, { ...start, program: path });
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    // Not before: the first listener of messages makes the process wait for the thread again.
    this.#worker.unref();
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

  drain(goal: Goal): Promise<number> {
    return this.#ask({ kind: 'drain', goal });
  }

  async end(lastRound: boolean): Promise<void> {
    try {
      await this.#ask({ kind: 'end', lastRound });
    } finally {
      await this.gone;
    }
  }

  #ask(message: ToWorker): Promise<number> {
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
        this.#reports.recovered(message.path, message.verdict);
        break;
      case 'damaged':
        this.#reports.damaged(message.damage);
        break;
      case 'healing':
        this.#reports.healing(message.progress);
        break;
      case 'healed':
        this.#reports.healed(message.event);
        break;
      case 'warning': {
        const { code, cause } = message;
        this.#reports.warning(code, message.message, cause === undefined ? undefined : fromSent(cause));
        break;
      }
      case 'done': {
        const waiting = this.#waiting.shift();
        if (message.failure === undefined) waiting?.resolve(message.left);
        else waiting?.reject(fromSent(message.failure));
        break;
      }
    }
  }
}
