/** A process in which queries run, one at a time, as the one sees it that started it. */
import { type ChildProcess, fork } from 'node:child_process';
import { AgentLogError } from '../errors.js';
import { fromSent } from '../sent-error.js';
import { type FromQuery, type QueryRequest, queryArgument, type ToQuery } from './messages.js';

/** What a process is asked, and what becomes of its answer. */
export interface Question {
  readonly request: QueryRequest;
  /** Called with each page. What it returns goes to the process with the wish for the next one. */
  readonly take: (page: never) => unknown;
}

interface Asked {
  readonly take: Question['take'];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class QueryProcess {
  /** Resolves when it has ended. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  #asked: Asked | undefined;
  #left = (): void => undefined;
  #isEnding = false;

  constructor(program: string, protocol: number) {
    this.#child = fork(program, [queryArgument(protocol)], {
      // What the host's command line loads is not for this process.
      execArgv: [],
      // Integers beyond what a number can hold, and bytes.
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (message) => this.#hear(message as FromQuery));
    this.keepHost(false);
    this.gone = new Promise((resolve) => {
      const end = (why: string, cause?: Error) => {
        this.#isEnding = true;
        this.#fail(new AgentLogError('AGENTLOG_IO', `the process for queries ${why}`, { cause }));
        resolve();
      };
      this.#child.once('exit', (code, signal) => end(`ended by itself (${signal ?? `exit code ${code}`})`));
      this.#child.on('error', (error) => {
        // Otherwise its end is told of.
        if (this.#child.pid === undefined) end(`could not be started: ${error.message}`, error);
      });
    });
  }

  /** It will answer no more. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /**
   * Resolves when all pages were taken. Not while another query is under way. A query under way keeps the host's process
   * from its natural end.
   */
  ask({ request, take }: Question): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#asked = { take, resolve, reject };
      this.keepHost(true);
      this.#tell(request);
    });
  }

  /**
   * What was asked is not wanted any more, and `ask` does not settle. Resolves when the process can be asked again, but not
   * if it ends before.
   */
  leave(): Promise<void> {
    this.#settled();
    return new Promise((resolve) => {
      this.#left = resolve;
      this.#tell({ kind: 'leave' });
    });
  }

  /** Whatever it does. */
  kill(): void {
    this.#isEnding = true;
    this.#child.kill('SIGKILL');
    // Somebody may wait for its end, which is near.
    this.#child.ref();
  }

  /** Whether the host's process stays for what this one does. */
  keepHost(keeps: boolean): void {
    const method = keeps ? 'ref' : 'unref';
    this.#child[method]();
    this.#child.channel?.[method]();
  }

  #tell(message: ToQuery): void {
    // That it could not be sent is told by the end of the process.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #hear(message: FromQuery): void {
    if (message.kind === 'outgrown') {
      this.kill();
      this.#fail(new AgentLogError('AGENTLOG_SQL', 'the query needs more than 1 GiB of memory'));
    }
    if (message.kind === 'left') this.#left();
    const asked = this.#asked;
    // Something that was on its way when the query failed, or was left.
    if (asked === undefined) return;
    if (message.kind === 'page') {
      const given = asked.take(message.page as never);
      // Taking it may have been the end of the wish for more.
      if (this.#asked === asked) this.#tell({ kind: 'next', given });
    }
    if (message.kind === 'failed') this.#fail(queryError(fromSent(message.failure)));
    if (message.kind === 'done') {
      this.#settled();
      asked.resolve();
    }
  }

  #fail(error: Error): void {
    const asked = this.#asked;
    this.#settled();
    asked?.reject(error);
  }

  #settled(): void {
    this.#asked = undefined;
    if (!this.#isEnding) this.keepHost(false);
  }
}

/** Of what the storage did, and of everything else, which is the statement's own. */
const OF_STORAGE = /^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN|FULL|BUSY|LOCKED|PROTOCOL|PERM|READONLY_)/;

function queryError(error: Error & { code?: string }): AgentLogError {
  const { code = '', message } = error;
  if (code.startsWith('AGENTLOG_')) return new AgentLogError(code as AgentLogError['code'], message);
  if (OF_STORAGE.test(code))
    return new AgentLogError('AGENTLOG_IO', `cannot read the database: ${message}`, { cause: error });
  return new AgentLogError('AGENTLOG_SQL', message, { cause: error });
}
