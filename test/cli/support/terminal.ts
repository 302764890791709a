/** The `agentlog` command on a terminal: a pseudo-terminal of `script`, of util-linux, which has a width and a Ctrl-C. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { environment, PROGRAM } from './cli.js';

/** Why there is no terminal here, if there is none. */
export function terminalMissing(): string | undefined {
  const { stdout, error } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  return error === undefined && stdout.includes('util-linux')
    ? undefined
    : 'there is no script of util-linux';
}

interface Setting {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Behind the command, for the shell: `| head -1`. */
  readonly pipe?: string;
}

export const CTRL_C = '\u0003';

export class Terminal {
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #screen = '';
  #onOutput: () => void = () => undefined;

  constructor(args: readonly string[], { columns = 80, env = {}, pipe }: Setting = {}) {
    const command = [process.execPath, PROGRAM, ...args].map(quoted).join(' ');
    // By itself it takes the place of the shell, which would end as a Ctrl-C has it.
    const line = pipe === undefined ? `exec ${command}` : `${command} ${pipe}`;
    this.#child = spawn('script', ['-qfec', `stty cols ${columns} rows 24 -echo; ${line}`, '/dev/null'], {
      env: environment({ env: { SHELL: '/bin/sh', TERM: 'xterm-256color', ...env } }),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#screen += text;
      this.#onOutput();
    });
    this.ended = new Promise((resolve) =>
      this.#child.once('close', (code) => {
        resolve(code);
        this.#onOutput();
      }),
    );
    onTestFinished(async () => {
      this.#child.kill('SIGKILL');
      await this.ended;
    });
  }

  /** All that it was sent, as a terminal gets it. */
  get screen(): string {
    return this.#screen;
  }

  /** Resolves when it has been sent this. */
  async shows(text: string): Promise<void> {
    while (!this.#screen.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`it ended without ${text}: ${this.#screen}`);
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve;
      });
    }
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }
}

/** What it has been sent when it has ended. */
export async function onTerminal(args: readonly string[], setting?: Setting) {
  const terminal = new Terminal(args, setting);
  const code = await terminal.ended;
  return { screen: terminal.screen, code };
}

/** Without what chooses colours, and with the ends of lines of a file. */
export function plain(screen: string): string {
  return screen.replace(/\u001b\[\d+m/g, '').replaceAll('\r\n', '\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
