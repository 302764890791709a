/** A file that a command makes: it must not have been there, is on disk when it is done, and is gone when that fails. */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../errors.js';

const MODE = 0o600;
const PIECE = 64 * 1024;

type Print = (text: string) => Promise<void>;

export async function writeNewFile(path: string, write: (print: Print) => Promise<void>): Promise<void> {
  const file = await make(path);
  let pending = '';
  const push = async () => {
    const text = pending;
    pending = '';
    await told(path, file.writeFile(text));
  };
  try {
    await write(async (text) => {
      pending += text;
      if (pending.length >= PIECE) await push();
    });
    await push();
    await told(path, file.sync());
    await file.close();
    await told(path, syncDirectory(dirname(path)));
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(path);
    throw error;
  }
}

async function make(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', MODE);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it is there already, and nothing is written over' : message;
    throw new CliError(`${path} cannot be made: ${why}`, 1, error);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function told(path: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw new CliError(
      `${path} could not be written, and was removed: ${(error as Error).message}`,
      1,
      error,
    );
  }
}
