/** What the host is told on its standard error: nobody can listen in this thread. */
import { writeSync } from 'node:fs';
import { describe } from '../../errors.js';
import { printable } from '../../printable.js';

const STANDARD_ERROR = 2;

/**
 * As Node writes warnings, but at once. Those of a thread go through the event loop of the host, which turns no more when
 * the host waits for this thread at its end.
 */
export function warnHost(code: string, what: string, error: unknown): void {
  const message = printable(`${what}: ${error instanceof Error ? error.message : describe(error)}`);
  try {
    writeSync(STANDARD_ERROR, `(node:${process.pid}) [${code}] AgentLogWarning: ${message}\n`);
  } catch {
    // A pipe that is full just now.
    process.emitWarning(message, { type: 'AgentLogWarning', code });
  }
}
