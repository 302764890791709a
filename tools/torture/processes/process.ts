/** Real processes, which use the compiled package and speak with the suite: a JSON value a line, both ways. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

interface Options {
  readonly args?: Readonly<Record<string, unknown>>;
  /** A command that starts the program, which is appended to it. It must become the program, not fork it. */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** None goes on writing where an end by a signal cleans up. */
const running = new Set<{ kill(signal: 'SIGKILL'): unknown }>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class Process {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #unheard: unknown[] = [];
  #stderr = '';
  #wake = () => {};
  #isOver = false;

  constructor(program: URL, { args = {}, through = [], env = {} }: Options = {}) {
    const node = [process.execPath, fileURLToPath(program), JSON.stringify(args)];
    const [command, ...rest] = [...through, ...node];
    this.#child = spawn(command!, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
    running.add(this.#child);
    // The program may have ended before it hears what it is told.
    this.#child.stdin.on('error', () => undefined);
    let begun = '';
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (begun + text).split('\n');
      // A line that was being written when the program was killed was not said.
      begun = lines.pop()!;
      for (const line of lines) this.#hear(JSON.parse(line));
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      // All that it has said was heard.
      this.#child.once('close', (status, signal) => {
        this.#isOver = true;
        running.delete(this.#child);
        resolve({ status, signal, stderr: this.#stderr });
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Is called with everything it says, instead of `says`. */
  onSaid: ((value: unknown) => void) | undefined;

  /** What it says next; undefined when it has ended. */
  async says(): Promise<unknown> {
    while (this.#unheard.length === 0 && !this.#isOver)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#unheard.shift();
  }

  tell(value: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(value)}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<Ended> {
    if (!this.#isOver) this.#child.kill('SIGKILL');
    return this.ended;
  }

  #hear(value: unknown): void {
    if (this.onSaid !== undefined) this.onSaid(value);
    else {
      this.#unheard.push(value);
      this.#wake();
    }
  }
}
