/**
 * What can be read of a damaged database, read in a process of its own: it is read as plain bytes, and a process that closes
 * such a file drops the locks that SQLite holds on it there. And if SQLite stumbles over it, nothing else ends.
 */
import type { Salvaged } from '../db/salvage.js';
import { QueryProcess } from './query-process.js';

/** `program` and `protocol`: of the process. */
export async function* salvageIn(
  program: string,
  protocol: number,
  path: string,
): AsyncGenerator<Salvaged, void, void> {
  const process = new QueryProcess(program, protocol);
  const parts: Salvaged[] = [];
  let wake = (): void => undefined;
  let end: { readonly error?: unknown } | undefined;
  const ended = (how: { readonly error?: unknown }) => {
    end = how;
    wake();
  };
  // While a part is taken, the process reads the next one.
  const take = (part: Salvaged) => {
    parts.push(part);
    wake();
  };
  process.ask({ request: { kind: 'salvage', path }, take }).then(
    () => ended({}),
    (error: unknown) => ended({ error }),
  );
  try {
    for (;;) {
      const part = parts.shift();
      if (part !== undefined) yield part;
      else if (end === undefined)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      else if ('error' in end) throw end.error;
      else return;
    }
  } finally {
    process.kill();
    await process.gone;
  }
}
