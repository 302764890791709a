/** What goes wrong, as plain sentences: what happened, and what to do next. */
import { isDamage } from '../../src/db/damage.js';
import { AgentLogError } from '../../src/errors.js';
import { printable } from '../../src/printable.js';
import type { ExitCode } from './definition.js';

/** Told without a stack trace. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 1, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** Of a command line that cannot be meant. */
export class UsageError extends CliError {}

/** The same error, which says what to do, too. */
export function withHint(error: unknown, hint: string): unknown {
  return error instanceof Error ? Object.assign(error, { message: `${error.message}. ${hint}` }) : error;
}

/** Of a store's database, and not of what was asked of it. */
export function isOfDatabase(error: unknown): boolean {
  return error instanceof AgentLogError && (error.code === 'AGENTLOG_IO' || error.code === 'AGENTLOG_FORMAT');
}

/** The sentence for an error, and the code to exit with. */
export function explain(error: unknown): { readonly message: string; readonly exitCode: ExitCode } {
  if (error instanceof CliError) return { message: printable(error.message), exitCode: error.exitCode };
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const told = printable(String(message ?? error));
  const text = told.replace(
    'The option allowForeignOwner opens',
    `${told.includes(' belongs to user ') ? 'Run this as its owner; ' : ''}--allow-foreign-owner opens`,
  );
  const advice = typeof code === 'string' ? ADVICE[code] : undefined;
  // Of what nobody has thought of, the trace is what helps.
  if (typeof code !== 'string')
    return { message: printable(String((error as Error)?.stack ?? error)), exitCode: 1 };
  return { message: advice === undefined ? text : `${text}. ${advice}`, exitCode: isDamaged(error) ? 3 : 1 };
}

const ADVICE: Readonly<Record<string, string>> = {
  AGENTLOG_FORMAT: 'A newer agentlog can read it, if one has written it',
  AGENTLOG_NATIVE_MISSING: 'Reading works without it; what changes a store does not',
};

/** SQLite's word for it, or a detail that is no JSON, may be what an error was caused by. */
function isDamaged(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (isDamage(at) || at instanceof SyntaxError) return true;
  return false;
}
