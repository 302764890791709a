/** A write and its fdatasync; at `position`, or at the end of a file opened for appending where that is null. */
import fs, { fdatasyncSync, writeSync } from 'node:fs';

/** With callbacks, since fs/promises costs more than the calls that it wraps. */
export function writeAndSync(fd: number, bytes: Buffer, position: number | null): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, 0, bytes.length, position, (failure, written) => {
      if (failure !== null) return reject(failure);
      if (written !== bytes.length) return reject(short(bytes, written));
      fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
    });
  });
}

export function writeAndSyncNow(fd: number, bytes: Buffer, position: number | null): void {
  writeWhole(fd, bytes, position);
  fdatasyncSync(fd);
}

export function writeWhole(fd: number, bytes: Buffer, position: number | null): void {
  const written = writeSync(fd, bytes, 0, bytes.length, position);
  if (written !== bytes.length) throw short(bytes, written);
}

function short(bytes: Buffer, written: number): Error {
  return new Error(`only ${written} of ${bytes.length} bytes were written`);
}
