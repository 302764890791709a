/** Where a command prints: a terminal, a pipe or a file. Waits for whoever reads slowly, and is quiet when he has gone. */
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { printable } from '../../../src/printable.js';

/** Colours are those of the terminal's own palette, so that they can be read on any background. */
export type Style =
  | 'bold'
  | 'dim'
  | 'italic'
  | 'underline'
  | 'red'
  | 'green'
  | 'yellow'
  | 'blue'
  | 'magenta'
  | 'cyan'
  | 'gray';

const PIECE = 64 * 1024;
const USUAL_WIDTH = 80;
/** A pager is at the other end of a socket. */
const GONE = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'];

interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
}

/** The reader of a pipe has closed it: he has seen enough. */
export class ReaderGone extends Error {}

export class Output {
  readonly isTerminal: boolean;
  /** Columns; unbounded where nobody has said how many there are, so that what reads a pipe gets all. */
  readonly width: number;
  readonly #streams: Streams;
  readonly #hasColour: boolean;
  #pending = '';
  /** Of the piece that is on its way, while the next one is made. */
  #written: Promise<void> = Promise.resolve();
  #failure: NodeJS.ErrnoException | undefined;

  constructor(streams: Streams = process) {
    const { stdout, env } = streams;
    this.#streams = streams;
    this.isTerminal = stdout.isTTY === true;
    const said = Number(env.COLUMNS);
    const columns = this.isTerminal ? (stdout.columns ?? USUAL_WIDTH) : undefined;
    this.width = columns ?? (Number.isInteger(said) && said > 0 ? said : Number.POSITIVE_INFINITY);
    this.#hasColour = wantsColour(env, this.isTerminal);
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??= error;
    });
    // What was asked for does not depend on whether anybody reads what is said beside it.
    streams.stderr.on('error', () => undefined);
  }

  style(style: Style, text: string): string {
    return this.#hasColour ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Resolves when more may be printed; undefined when it may be at once. What is printed is not in the pipe before `flush`. */
  print(text: string): Promise<void> | undefined {
    this.#pending += text;
    return this.#pending.length < PIECE ? undefined : this.#push();
  }

  line(text = ''): Promise<void> | undefined {
    return this.print(`${text}\n`);
  }

  json(value: unknown): Promise<void> | undefined {
    // Of what steers terminals JSON itself spells out only a part. It is within texts, where the spelling means the same.
    return this.print(`${printable(JSON.stringify(value))}\n`);
  }

  /** What has been printed can be seen. */
  async flush(): Promise<void> {
    await this.#push();
    await this.#written;
    this.#check();
  }

  /** For people only, beside what was asked for. */
  note(text: string): void {
    if (!this.#isGone) this.#streams.stderr.write(`${text}\n`);
  }

  get errors(): NodeJS.WriteStream {
    return this.#streams.stderr;
  }

  /** One that prints into the pipe to a pager, and for the same terminal. */
  through(pager: Writable): Output {
    const stdout = Object.assign(pager, {
      isTTY: true,
      columns: this.width,
    }) as unknown as NodeJS.WriteStream;
    return new Output({ ...this.#streams, stdout });
  }

  /** One piece at a time is on its way. */
  async #push(): Promise<void> {
    await this.#written;
    // A pipe that nobody reads from any more says so when it is written to, and only then.
    this.#check();
    const text = this.#pending;
    this.#pending = '';
    if (text === '') return;
    this.#written = new Promise((resolve) => this.#streams.stdout.write(text, () => resolve()));
  }

  get #isGone(): boolean {
    return this.#failure !== undefined && GONE.includes(String(this.#failure.code));
  }

  #check(): void {
    if (this.#isGone) throw new ReaderGone();
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function wantsColour(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTerminal && env.TERM !== 'dumb';
}
