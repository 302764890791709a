/** A defect that is planted on purpose, as a change of the source's text, so that nothing of it is in the package. */
import { transform } from 'esbuild';
import type { Check } from './check.js';

export interface Mutant {
  readonly name: string;
  /** The defect, in words. */
  readonly what: string;
  /** From the root of the repository. */
  readonly file: `src/${string}.ts` | `tools/cli/${string}.ts`;
  /** Text that occurs there exactly once, */
  readonly find: string;
  /** and what stands there instead. */
  readonly replace: string;
  /** What must fail. */
  readonly caughtBy: Check;
}

/** The text of the mutant's file with the defect in it. */
export function plant({ name, file, find, replace }: Mutant, text: string): string {
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`what ${name} changes occurs ${parts.length - 1} times in ${file}, and must occur once`);
  return parts.join(replace);
}

/** As in dist/. Throws when it is no program. */
export async function compile(text: string): Promise<string> {
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } };
  const { code } = await transform(text, { loader: 'ts', format: 'esm', target: 'es2022', tsconfigRaw });
  return code;
}
