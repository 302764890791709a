/** A command that must fail when a defect is planted, and how it ended. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export type Check =
  /** A file of tests, or those of it whose names match `only`. */
  | { readonly kind: 'tests'; readonly file: string; readonly only?: string }
  /** Lives of stores on a disk that forgets, of the odd seeds up to `most`. */
  | { readonly kind: 'lives'; readonly most: number }
  /** A fault suite in its short form. */
  | { readonly kind: 'suite'; readonly suite: string };

/** `file` is below test/, without its ending. */
export function tests(file: string, only?: string): Check {
  return { kind: 'tests', file: `test/${file}.test.ts`, ...(only === undefined ? {} : { only }) };
}

export function lives(most: number): Check {
  return { kind: 'lives', most };
}

export function suite(name: string): Check {
  return { kind: 'suite', suite: name };
}

/** Checks of the same name are the same. */
export function nameOf(check: Check): string {
  if (check.kind === 'suite') return `the suite ${check.suite}`;
  if (check.kind === 'lives') return `${check.most / 2} lives on a disk that forgets`;
  return check.only === undefined ? check.file : `${check.file} "${check.only}"`;
}

export interface Outcome {
  /** 'broken': it did not fail as a check fails that has found something. */
  readonly kind: 'held' | 'failed' | 'skipped' | 'broken';
  /** How much of it ran, up to the first failure. */
  readonly took: string;
  /** The end of what it said. */
  readonly said: string;
}

/** None takes so long, on however busy a machine; this only ends what hangs. */
const HANGS_MS = 240_000;
const SAID = 2000;
const LIVES = 'test/crash/store-lives-odd.test.ts';
/** A mistake in the text of a mutant, which is nobody's merit to find. */
const MISTAKE = /ReferenceError|SyntaxError/;

/** Runs it in the directory, which is a copy of the repository. */
export function runCheck(check: Check, directory: string): Promise<Outcome> {
  return check.kind === 'suite' ? runSuite(check.suite, directory) : runTests(check, directory);
}

async function runSuite(name: string, directory: string): Promise<Outcome> {
  const { status, output } = await runNode(
    directory,
    ['dist/tools/torture/main.js', name, '--short', '--bail'],
    {},
  );
  const said = output.slice(-SAID);
  const figures = [...output.matchAll(/^ {2}(\S.*?) {2,}([\d,]+)$/gm)].filter(
    ([, figure]) => figure !== 'seed',
  );
  const took = figures.map(([, figure, value]) => `${value} ${figure}`).join(', ') || 'the first case';
  if (status === 0) return { kind: output.includes('SKIPPED') ? 'skipped' : 'held', took, said };
  const isFailed = status === 1 && /^ {2}FAILED /m.test(output) && !MISTAKE.test(output);
  return { kind: isFailed ? 'failed' : 'broken', took, said };
}

/** As vitest's reporter of this name has them. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

async function runTests(check: Exclude<Check, { kind: 'suite' }>, directory: string): Promise<Outcome> {
  const file = join(directory, 'report.json');
  rmSync(file, { force: true });
  const { status, output } = await runNode(
    directory,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      check.kind === 'lives' ? LIVES : check.file,
      '--bail=1',
      '--reporter=json',
      `--outputFile=${file}`,
      ...(check.kind === 'tests' && check.only !== undefined ? ['-t', check.only] : []),
    ],
    // Those in which segments become rows take the longest, and other checks are for that.
    check.kind === 'lives' ? { AGENTLOG_LIVES: String(check.most), AGENTLOG_COMPACTED: '0' } : {},
  );
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { kind: 'broken', took: 'nothing', said: output.slice(-SAID) };
  }
  const { numPassedTests: passed, numFailedTests: failed, testResults } = report;
  const messages = testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ failureMessages }) => failureMessages),
  );
  const said = messages.join('\n').slice(0, SAID) || output.slice(-SAID);
  const took = tookOf(check, passed + failed, messages);
  if (status === 0 && passed > 0) return { kind: 'held', took, said };
  const isFailed = failed > 0 && !messages.some((message) => MISTAKE.test(message));
  return { kind: isFailed ? 'failed' : 'broken', took, said };
}

function tookOf(check: Check, ran: number, messages: readonly string[]): string {
  if (check.kind !== 'lives') return ran === 1 ? '1 test' : `${ran} tests`;
  // Of the odd seeds, up to the one that failed.
  const seed = messages
    .map((message) => /seed (\d+)/.exec(message)?.[1])
    .find((found) => found !== undefined);
  const lived = (Number(seed ?? check.most) + 1) >> 1;
  return lived === 1 ? '1 life' : `${lived} lives`;
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

function runNode(directory: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  // What the tests of the repository are run by must not change how those of a copy are.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  // A group of its own, so that what it has started ends with it. What stays behind is in the copy.
  const child = spawn(process.execPath, args, {
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(own), ...env, TMPDIR: join(directory, 'tmp'), NO_COLOR: '1' },
  });
  const end = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // All of it has ended.
    }
  };
  // Before its directory is removed.
  process.prependOnceListener('exit', end);
  const timer = setTimeout(end, HANGS_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  return new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output }));
  }).finally(() => {
    clearTimeout(timer);
    process.off('exit', end);
    end();
  });
}
