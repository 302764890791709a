/** The committed segments of every kind, in a directory of their own, under the names that they have there. */
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDir } from '../../package/support/temp-dir.js';

const FOLDER = fileURLToPath(new URL('../../fixtures/format-1/', import.meta.url));

export const FIXTURES = readdirSync(FOLDER);

interface Copied {
  /** Where it is alone; it goes when the running test does. */
  readonly directory: string;
  readonly file: string;
  /** What a reader makes of it. */
  readonly reading: {
    readonly writer: string;
    readonly verdict: { readonly kind: string; readonly reason: string };
    readonly items: readonly { readonly kind: string; readonly offset: number }[];
  };
}

export function copyFixture(name: string, directory = tempDir(), as?: string): Copied {
  const reading = JSON.parse(readFileSync(join(FOLDER, name, 'reading.json'), 'utf8'));
  const file = as ?? (reading.file as string);
  copyFileSync(join(FOLDER, name, reading.file), join(directory, file));
  return { directory, file, reading };
}
