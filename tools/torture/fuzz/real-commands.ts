/** The `agentlog` command as it is run: in a process of its own, which could hang or die. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { randomOfCase } from '../random.js';
import type { Run } from '../suite.js';
import { COMMAND_LINES } from './command-lines.js';
import { within } from './places.js';
import { checkPrinted, type Printed } from './run-command.js';

const PROGRAM = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const PROCESSES = { short: 12, long: 400 } as const;
const AT_ONCE = 2;
/** As `HANGS_AFTER_MS` of the threads. */
const HANGS_AFTER_MS = 60_000;
/** How failures name them. */
const PREFIX = 'process ';

export async function runRealCommands(run: Run): Promise<void> {
  let next = 0;
  const all = PROCESSES[run.form];
  if (run.only !== undefined) {
    if (run.only.startsWith(PREFIX)) await tryOne(run, Number(run.only.slice(PREFIX.length)));
    return;
  }
  const go = async () => {
    while (next < all) await tryOne(run, next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, go));
}

async function tryOne(run: Run, number: number): Promise<void> {
  const random = randomOfCase(run.seed, number);
  const lines = Object.values(COMMAND_LINES);
  const name = `${PREFIX}${number}`;
  try {
    await within(join(run.directory, name), random, async (places) => {
      // No process can be given a null.
      const args = lines[number % lines.length]!(places, random).filter((arg) => !arg.includes('\u0000'));
      checkPrinted(await started(args), args);
    });
  } catch (error) {
    run.fail(name, error);
  }
  run.count('processes');
}

async function started(args: readonly string[]): Promise<Printed> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: HANGS_AFTER_MS,
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}
