/** Child processes that run a snippet, and what they said. */
import { spawnSync } from 'node:child_process';

interface Run {
  readonly cwd?: string;
  /** The Node to use; this one unless told. */
  readonly node?: string;
  readonly args?: readonly string[];
  readonly as?: 'module' | 'commonjs';
}

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runNode(
  code: string,
  { cwd, node = process.execPath, args = [], as = 'module' }: Run = {},
): Outcome {
  const { status, signal, stdout, stderr } = spawnSync(
    node,
    [`--input-type=${as}`, '--eval', code, '--', ...args],
    { cwd, encoding: 'utf8', timeout: 60_000 },
  );
  return { status, signal, stdout: stdout.trim(), stderr };
}
