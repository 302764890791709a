/** Runs the `agentlog` command as its users do: the built program, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const PROGRAM = fileURLToPath(new URL('../../../dist/tools/cli/main.js', import.meta.url));
const GOLDEN = new URL('../golden/', import.meta.url);

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

export interface Surroundings {
  /** Of the terminal that the output is for, although it is a pipe. */
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it reads from a pipe. */
  readonly input?: string;
}

/** Nothing of whoever runs the tests, and times as in Greenwich. */
export function environment({ columns, env }: Surroundings = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    PATH,
    HOME,
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    TZ: 'UTC',
    ...(columns === undefined ? {} : { COLUMNS: String(columns) }),
    ...env,
  };
}

export async function agentlog(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: environment(surroundings),
    cwd: surroundings.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
  child.stdin.on('error', () => undefined);
  child.stdin.end(surroundings.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString(), code };
}

/** What a command printed, both streams, and how it ended; without what is another one each time. */
export function transcript(
  { stdout, stderr, code }: Ended,
  masks: readonly (readonly [what: string | RegExp, as: string])[] = [],
): string {
  const errors = stderr === '' ? '' : `--- stderr\n${stderr}`;
  let text = `${stdout}${errors}--- exit ${code}\n`;
  for (const [what, as] of masks) text = text.replaceAll(what, as);
  return text;
}

/** Held against test/cli/golden/NAME.txt. With UPDATE_GOLDEN=1 that is written anew, to be read before it is committed. */
export function expectGolden(name: string, text: string): void {
  const path = new URL(`${name}.txt`, GOLDEN);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, text);
  expect(existsSync(path), `there is no ${path.pathname}; UPDATE_GOLDEN=1 makes it`).toBe(true);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
