/** A cleanly closed store with so many entries, all of them rows. */
import { join } from 'node:path';
import { resultOf } from '../child.js';

const SCRIPT = new URL('./filling-child.js', import.meta.url);

export class Filled {
  readonly path: string;
  readonly entries: number;

  private constructor(path: string, entries: number) {
    this.path = path;
    this.entries = entries;
  }

  static async make(directory: string, entries: number): Promise<Filled> {
    const path = join(directory, `store-${entries}`);
    await resultOf(SCRIPT, [path, entries]);
    return new Filled(path, entries);
  }
}
