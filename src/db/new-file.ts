/** SQLite makes a file with what the umask leaves of 0644, so the file of a new database is made before SQLite opens it. */
import { closeSync, constants, fchmodSync, openSync } from 'node:fs';

export const FILE_MODE = 0o600;

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Empty, which is a database to SQLite, and for its owner alone. The other files of a database get the mode of this one. */
export function makeEmptyFile(path: string): void {
  const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
  try {
    // The mode that open gave is less what the umask takes away.
    fchmodSync(fd, FILE_MODE);
  } finally {
    closeSync(fd);
  }
}
