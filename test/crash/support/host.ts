/** Real processes that use the compiled package, and speak with the test: a JSON value a line, both ways. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { repositoryRoot } from '../../package/support/paths.js';

const AGENTLOG = JSON.stringify(pathToFileURL(join(repositoryRoot, 'dist/src/index.js')).href);

/** What a program begins with: `args` from the test, `say` to it and `hear` from it. */
const PRELUDE = `
  import { writeSync } from 'node:fs';
  import { createInterface } from 'node:readline';
  import { openAgentLog } from ${AGENTLOG};
  const AGENTLOG = ${AGENTLOG};
  const args = JSON.parse(process.argv[1]);
  const say = (value) => { writeSync(1, JSON.stringify(value) + '\\n'); };
  let lines;
  const hear = async () => {
    lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    if (done) process.exit();
    return JSON.parse(value);
  };
  const entry = (text) => ({ taskId: 't', type: 'text', text });
  const read = async (log) => { const found = []; for await (const { id, text } of log.scan()) found.push([id, text]); return found; };
  const codeOf = (work) => work.then((value) => ({ value }), ({ code, name, message }) => ({ code, name, message }));
`;

interface Program {
  readonly args?: Readonly<Record<string, unknown>>;
  /** A command that starts the program, which is appended to it. It must become the program, not fork it. */
  readonly through?: readonly string[];
}

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export class Host {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #listeners: ((value: unknown) => void)[] = [];
  readonly #unheard: unknown[] = [];
  #stderr = '';
  #isOver = false;

  constructor(code: string, { args = {}, through = [] }: Program) {
    const node = [
      process.execPath,
      '--input-type=module',
      '--eval',
      PRELUDE + code,
      '--',
      JSON.stringify(args),
    ];
    const [command, ...rest] = [...through, ...node];
    this.#child = spawn(command!, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
    // The program may have ended before it hears what it is told.
    this.#child.stdin.on('error', () => undefined);
    let rest_ = '';
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest_ + text).split('\n');
      // A line that was being written when the program was killed was not said.
      rest_ = lines.pop()!;
      for (const line of lines) this.#hear(JSON.parse(line));
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (status, signal) => {
        this.#isOver = true;
        resolve({ status, signal, stderr: this.#stderr });
        for (const listener of this.#listeners.splice(0)) listener(undefined);
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Is called with everything it says from now on, and with what it said that was not waited for. */
  onSaid?: (value: unknown) => void;

  /** What it says next. */
  async says(): Promise<unknown> {
    if (this.#unheard.length > 0) return this.#unheard.shift();
    const value = this.#isOver ? undefined : await new Promise((resolve) => this.#listeners.push(resolve));
    if (value !== undefined) return value;
    const { status, signal, stderr } = await this.ended;
    throw new Error(`the program ended (${status ?? signal}) instead of saying something: ${stderr}`);
  }

  tell(value: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(value)}\n`);
  }

  /** Tells it something, and waits for what it says next. */
  ask(value: unknown): Promise<unknown> {
    this.tell(value);
    return this.says();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<Ended> {
    if (!this.#isOver) this.#child.kill('SIGKILL');
    return this.ended;
  }

  #hear(value: unknown): void {
    const listener = this.#listeners.shift();
    if (listener !== undefined) listener(value);
    else if (this.onSaid !== undefined) this.onSaid(value);
    else this.#unheard.push(value);
  }
}

/** A program that is killed, at the latest, when the running test ends. */
export function startHost(code: string, program: Program = {}): Host {
  const host = new Host(code, program);
  onTestFinished(() => host.kill().then(() => undefined));
  return host;
}

/** Resolves when it runs no instruction any more. Linux only. */
export async function stopHost(host: Host): Promise<void> {
  host.signal('SIGSTOP');
  // Signals are delivered in a moment.
  const state = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${host.pid}/status`, 'utf8'))?.[1];
  while (state() !== 'T') await new Promise(setImmediate);
}

/** A program that says one thing and ends well. */
export async function runHost(code: string, program: Program = {}): Promise<unknown> {
  const host = startHost(code, program);
  const said = await host.says();
  const { status, signal, stderr } = await host.ended;
  if (status !== 0 || stderr !== '') throw new Error(`the program ended with ${status ?? signal}: ${stderr}`);
  return said;
}
