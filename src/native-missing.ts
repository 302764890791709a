/**
 * The error for a native package that does not work here, with the commands that mend it.
 *
 * Both natives (the file lock, SQLite) fail for the same few reasons: the package is absent, its install script was
 * blocked, there was no compiler, or it was built for another Node. What the commands do was tried with npm 11 and 12
 * and pnpm 10 and 12.
 */
import { AgentLogError } from './errors.js';

/** What keeps a package from working: it is not there, it is the wrong version, or its binary does not load. */
export type NativeDefect = 'absent' | 'version' | 'binary';

export interface NativeFailure {
  /** What did not come about, in one sentence. */
  readonly summary: string;
  readonly defect: NativeDefect;
  /** What to install: `better-sqlite3@12`. */
  readonly packages: readonly string[];
  /** What each attempt said. */
  readonly attempts: readonly Error[];
}

type Row = readonly [label: string, command: string];

/** Where the natives must be compiled. The same commands stand in tools/setup/advice.mjs, which runs uncompiled. */
export const COMPILERS: readonly Row[] = [
  ['Debian, Ubuntu', 'apt-get install -y python3 make g++'],
  ['Fedora', 'dnf install -y python3 make gcc-c++'],
  ['Alpine', 'apk add python3 make g++'],
  ['macOS', 'xcode-select --install'],
];

export function nativeMissing({ summary, defect, packages, attempts }: NativeFailure): AgentLogError {
  const lines = [
    summary,
    ...attempts.map((attempt) => `  - ${firstLine(attempt.message)}`),
    'To mend it, run in the directory of your package.json:',
    ...remedies(defect, packages).map(indented),
    'A package for which no prebuilt binary fits is compiled, which takes Python 3, make and a C++ compiler:',
    ...COMPILERS.map(indented),
  ];
  const cause = new AggregateError(attempts, summary);
  return new AgentLogError('AGENTLOG_NATIVE_MISSING', lines.join('\n'), { cause });
}

/** The message of a failed `require` without the lists of places that Node and `bindings` append. */
export function firstLine(message: string): string {
  return message.split('\n', 1)[0]!.trim();
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

export function thisNode(): string {
  return `Node ${process.version} (${process.platform} ${process.arch})`;
}

function remedies(defect: NativeDefect, packages: readonly string[]): readonly Row[] {
  const specs = packages.join(' ');
  const names = packages.map((spec) => spec.replace(/@[^@]+$/, '')).join(' ');
  // npm 12 skips the install script of whatever is not approved, and `npm rebuild` then does nothing and says it did.
  const approve = `npm install-scripts approve ${names}`;
  const rebuild = `npm rebuild --ignore-scripts=false ${names}`;
  if (defect === 'binary') {
    return [
      ['npm 12 and later', `${approve} && ${rebuild}`],
      ['npm 11 and older', rebuild],
      ['pnpm', `pnpm approve-builds && pnpm rebuild ${names}`],
    ];
  }
  const allowed = packages.map((spec) => `--allow-build=${spec.replace(/@[^@]+$/, '')}`).join(' ');
  // Without `dedupe` pnpm 12 adds the right version and leaves agentlog with the wrong one.
  const dedupe = defect === 'version' ? ' && pnpm dedupe' : '';
  return [
    ['npm 12 and later', `npm install ${specs} && ${approve} && ${rebuild}`],
    ['npm 11 and older', `npm install ${specs} && ${rebuild}`],
    ['pnpm', `pnpm add ${specs} ${allowed}${dedupe}`],
  ];
}

function indented([label, command]: Row): string {
  return `  ${`${label}:`.padEnd(18)}${command}`;
}
