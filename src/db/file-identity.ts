/** Which file stands at a name. Looked at by its name only, never opened: that would drop SQLite's locks on it. */
import { lstatSync } from 'node:fs';

/** Undefined when there is none. */
export function fileIdentity(path: string): string | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return status === undefined ? undefined : `${status.dev}:${status.ino}`;
}
