/** Which file stands at a name. Looked at by its name only, never opened: that would drop SQLite's locks on it. */
import { lstatSync } from 'node:fs';

export function isThere(path: string): boolean {
  return fileIdentity(path) !== undefined;
}

/** Undefined when there is none. Throws when the disk cannot tell, which must not be taken for that. */
export function fileIdentity(path: string): string | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return status === undefined ? undefined : `${status.dev}:${status.ino}`;
}
