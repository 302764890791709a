/** A process of a benchmark's own, which talks with it in messages and does not outlive it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const running = new Set<ChildProcess>();

export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** The one message of a script that ends afterwards. */
export async function resultOf<T>(
  script: URL,
  args: readonly unknown[],
  tracer?: readonly string[],
): Promise<T> {
  const child = new Child(script, args.map(String), tracer);
  const result = await child.hear<T>();
  await child.end();
  return result;
}

export class Child {
  readonly #child: ChildProcess;
  readonly #messages: unknown[] = [];
  #end: string | undefined;
  #wake = () => {};

  /** `tracer`: the command line of a program that runs the command line put behind its own. */
  constructor(script: URL, args: readonly string[], [tracer, ...its]: readonly string[] = []) {
    const options = tracer === undefined ? {} : { execPath: tracer, execArgv: [...its, process.execPath] };
    this.#child = fork(fileURLToPath(script), args, options);
    running.add(this.#child);
    this.#child.on('message', (message) => {
      this.#messages.push(message);
      this.#wake();
    });
    this.#child.on('error', (error) => this.#ended(String(error)));
    this.#child.on('close', (code, signal) => this.#ended(`${signal ?? `exit code ${code}`}`));
  }

  say(message: string | number): void {
    this.#child.send(message);
  }

  /** The next message of the child. */
  async hear<T>(): Promise<T> {
    const message = await this.hearOrEnd<T>();
    if (message === undefined) throw new Error(`a process that was started ended with ${this.#end}`);
    return message;
  }

  /** Undefined when it has ended, and said no more before. */
  async hearOrEnd<T>(): Promise<T | undefined> {
    while (this.#messages.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift() as T | undefined;
  }

  /** What it has said that was not heard yet. */
  heard<T>(): T[] {
    return this.#messages.splice(0) as T[];
  }

  /** Resolves when the child has ended, and ended well. */
  async end(): Promise<void> {
    if (this.#end === undefined) await once(this.#child, 'close');
    if (this.#end !== 'exit code 0') throw new Error(`a process that was started ended with ${this.#end}`);
  }

  /** As a crash ends it. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#end !== undefined) return;
    // Not before its last message has arrived.
    const gone = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #ended(how: string): void {
    this.#end ??= how;
    running.delete(this.#child);
    this.#wake();
  }
}
