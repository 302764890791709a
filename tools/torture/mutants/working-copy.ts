/** A copy of the repository, in which one defect at a time is planted. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Check, type Outcome, runCheck } from './check.js';
import { compile, type Mutant, plant } from './mutant.js';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const COPIED = ['src', 'test', 'tools', 'dist', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

/** As it is in the repository. */
export function sourceOf({ file }: Mutant): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

export class WorkingCopy {
  readonly #directory: string;

  /** The directory is made. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(join(directory, 'tmp'), { recursive: true });
    for (const name of COPIED) cpSync(join(ROOT, name), join(directory, name), { recursive: true });
    // Each package by itself: what vitest keeps beside them is then the copy's own.
    mkdirSync(join(directory, 'node_modules'));
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (!name.startsWith('.'))
        symlinkSync(join(ROOT, 'node_modules', name), join(directory, 'node_modules', name));
    }
  }

  check(check: Check): Promise<Outcome> {
    return runCheck(check, this.#directory);
  }

  async checkWith(mutant: Mutant): Promise<Outcome> {
    const source = join(this.#directory, mutant.file);
    const compiled = join(this.#directory, 'dist', mutant.file.replace(/ts$/, 'js'));
    const texts = [source, compiled].map((path) => readFileSync(path, 'utf8')) as [string, string];
    const planted = plant(mutant, texts[0]);
    const program = await compile(planted);
    try {
      writeFileSync(source, planted);
      writeFileSync(compiled, program);
      return await this.check(mutant.caughtBy);
    } finally {
      writeFileSync(source, texts[0]);
      writeFileSync(compiled, texts[1]);
    }
  }
}
