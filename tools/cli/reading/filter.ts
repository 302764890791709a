/** Which entries a command is asked for: what the store can tell by itself, and what is tried on each text. */
import type { EntryFilter } from '../../../src/reading/api.js';
import { UsageError } from '../errors.js';

/** As the command line has them. */
export interface FilterOptions {
  readonly type?: readonly string[];
  readonly agent?: string;
  readonly since?: number;
  readonly until?: number;
}

export function filterOf(taskId: string | undefined, options: FilterOptions): EntryFilter {
  const { type, agent, since, until } = options;
  return { taskId, type, agent, since, until };
}

/** A capital letter, but for one that stands behind a backslash, as in `\S`. */
const CAPITAL = /(?<!\\)\p{Lu}/u;

/** Of `--grep`; lower case finds both cases. Lines are what `^` and `$` stand for. */
export function patternOf(text: string): RegExp {
  try {
    return new RegExp(text, CAPITAL.test(text) ? 'm' : 'im');
  } catch (error) {
    const why = (error as Error).message.replace(/^Invalid regular expression: /, '');
    throw new UsageError(`--grep takes a regular expression, and this is none: ${why}`);
  }
}
