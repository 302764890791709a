/** The recorder (recorder.c): built when it is needed, and mounted for as long as something is recorded. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** From where this is compiled to. */
const SOURCE = fileURLToPath(new URL('../../../../tools/torture/power-cuts/recorder.c', import.meta.url));

/** What it needs and is not here. */
export function missingForRecorder(): string | undefined {
  if (process.platform !== 'linux') return 'FUSE is only here on Linux';
  const works = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
  if (!works('gcc', '--version')) return 'there is no gcc';
  if (!works('pkg-config', '--exists', 'fuse3'))
    return 'there is no libfuse3-dev, or no pkg-config to find it';
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch (error) {
    return `FUSE cannot be used: ${(error as Error).message}`;
  }
  if (process.geteuid?.() !== 0 && !works('fusermount3', '--version'))
    return 'there is no fusermount3, without which only root can mount';
  return undefined;
}

export class Recorder {
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  static build(directory: string): Recorder {
    const program = join(directory, 'recorder');
    const flags = run('pkg-config', '--cflags', '--libs', 'fuse3').trim().split(/\s+/);
    run('gcc', '-O1', '-Wall', '-Wextra', '-Werror', '-o', program, SOURCE, ...flags);
    return new Recorder(program);
  }

  /** What happens in `mount` during `work` happens in `directory`, and is recorded. */
  async during(
    directory: string,
    mount: string,
    recording: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const recorder = spawn(this.#program, [directory, mount, recording], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(recorder, 'exit');
    // Whoever is interrupted removes what it has made, which what is mounted would keep from going.
    const unmount = () => void spawnSync('umount', ['--lazy', mount]);
    process.prependOnceListener('exit', unmount);
    try {
      const lines = createInterface(recorder.stdout);
      const first = await Promise.race([once(lines, 'line'), ended.then(() => undefined)]);
      if (first === undefined) throw new Error('the recorder could not begin');
      await work();
    } finally {
      recorder.kill('SIGTERM');
      const [status] = await ended;
      process.off('exit', unmount);
      // biome-ignore lint/correctness/noUnsafeFinally: a recording that is not whole shows nothing
      if (status !== 0) throw new Error(`the recorder ended with ${status}`);
    }
  }
}

function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stdout;
}
