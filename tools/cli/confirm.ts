/** Asks before a store is changed. */
import { createInterface } from 'node:readline/promises';
import { UsageError } from './errors.js';
import type { Output } from './output/output.js';
import { linesOf, wrap } from './output/text.js';

export interface Confirmable {
  readonly yes?: boolean;
}

/** False when the answer is no. `what` says what will happen. */
export async function confirm(output: Output, { yes }: Confirmable, what: string): Promise<boolean> {
  if (yes === true) return true;
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true)
    throw new UsageError(`${what}. Nobody can be asked here; --yes says that it is meant`);
  for (const line of linesOf(`${what}.`).flatMap((text) => wrap(text, process.stderr.columns ?? 80)))
    output.note(line);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question('Go on? [y/N] ');
    return /^\s*y(?:es)?\s*$/i.test(answer);
  } catch (error) {
    // Ctrl-C and Ctrl-D are a no.
    if ((error as Error).name === 'AbortError') return false;
    throw error;
  } finally {
    lines.close();
  }
}
