/** The package in a project of its own within milliseconds: a copy of what was compiled, beside packages of this checkout. */
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './paths.js';

export const NATIVES = ['better-sqlite3', 'fs-ext', 'fs-ext-extra-prebuilt'] as const;

/** Puts agentlog and `packages`, but no other package, within reach of the programs in `dir`. */
export function linkAgentlog(dir: string, packages: readonly string[]): void {
  const home = join(dir, 'node_modules', 'agentlog');
  // A link would be resolved, and then all packages of the checkout would be within reach.
  for (const part of ['dist/src', 'dist/tools/cli'])
    cpSync(join(repositoryRoot, part), join(home, part), { recursive: true });
  cpSync(join(repositoryRoot, 'package.json'), join(home, 'package.json'));
  linkPackages(dir, ['crc-32', ...packages]);
}

export function linkPackages(dir: string, packages: readonly string[]): void {
  const modules = join(dir, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const name of packages) symlinkSync(join(repositoryRoot, 'node_modules', name), join(modules, name));
}
