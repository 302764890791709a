/** strace, attached to a process that runs already, so that its calls are counted from a known place on. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Why nothing can be traced here, if so. The shell's other child is what is to be traced, as in `attach`. */
export function noTracing(): string | undefined {
  const probe = 'sleep 60 & { strace -o /dev/null -p $! || true; } 2>&1 | { head -n 1; kill $!; }';
  const { stdout, stderr, error } = spawnSync('sh', ['-c', probe], { encoding: 'utf8' });
  if (stdout?.includes(' attached')) return undefined;
  return `no system call can be traced here: ${error?.message ?? stdout + stderr}`;
}

/** Nothing takes so long; this only ends what hangs. */
const STUCK_MS = 5000;
/** To write down how a process has ended. Now and then strace waits for good for threads of one that was killed. */
const AFTERMATH_MS = 100;

export class Tracer {
  readonly #strace: ChildProcess;
  readonly #file: string;
  readonly #ended: Promise<unknown>;

  private constructor(strace: ChildProcess, file: string) {
    this.#strace = strace;
    this.#file = file;
    this.#ended = once(strace, 'close');
  }

  /** All threads, also those to come. --seccomp-bpf would be faster, and sends no signals. */
  static async attach(pid: number, file: string, expressions: readonly string[]): Promise<Tracer> {
    const args = ['-f', '-y', '-p', String(pid), '-o', file, ...expressions.flatMap((one) => ['-e', one])];
    const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const tracer = new Tracer(strace, file);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      strace.stderr.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (said.includes(' attached')) resolve();
      });
      strace.once('error', reject);
      strace.once('close', () => reject(new Error(`strace ended: ${said}`)));
    });
    return tracer;
  }

  /** Lets the process go. */
  detach(): Promise<void> {
    return this.#end(STUCK_MS);
  }

  /** When the process has ended. */
  end(): Promise<void> {
    return this.#end(AFTERMATH_MS);
  }

  async #end(patience: number): Promise<void> {
    this.#strace.kill('SIGTERM');
    const timer = setTimeout(() => this.#strace.kill('SIGKILL'), patience);
    await this.#ended;
    clearTimeout(timer);
  }

  /** The lines of its trace, after the end of all that it traces. */
  async lines(): Promise<string[]> {
    await this.#ended;
    return readFileSync(this.#file, 'utf8').split('\n');
  }
}

/** Of each call the n of which some thread's nth one is of a file below the directory. Files are named where `-y` was given. */
export function callsBelow(directory: string, lines: readonly string[]): Map<string, Set<number>> {
  const counts = new Map<string, number>();
  const found = new Map<string, Set<number>>();
  for (const line of lines) {
    // "4242  fsync(21</store>) = 0", or "4242  fsync(21</store> <unfinished ...>" and later "4242  <... fsync resumed>) = 0"
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread === undefined || call === undefined) continue;
    const n = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, n);
    if (!line.includes(directory)) continue;
    const all = found.get(call) ?? new Set();
    found.set(call, all.add(n));
  }
  return found;
}
