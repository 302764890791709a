/** What somebody does who installed the package: runs an example as it stands, and compiles against the types. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkAgentlog, linkPackages, NATIVES } from '../../package/support/linked.js';
import { repositoryRoot } from '../../package/support/paths.js';

/** Runs a program of `examples/` in `directory`, where nothing but agentlog and `packages` is within reach. */
export function runExample(directory: string, name: string, packages: readonly string[] = []) {
  linkAgentlog(directory, [...NATIVES, ...packages]);
  copyFileSync(join(repositoryRoot, 'examples', name), join(directory, name));
  return (temporary: string, ...args: string[]) => run(directory, temporary, name, ...args);
}

/** Compiles these files, which have none but the types of agentlog, and those of `packages` in the directories named. */
export function compile(
  directory: string,
  files: Readonly<Record<string, string>>,
  packages: Readonly<Record<string, readonly string[]>>,
) {
  linkAgentlog(directory, []);
  for (const [place, names] of Object.entries(packages)) linkPackages(join(directory, place), names);
  for (const [name, code] of Object.entries(files)) writeFileSync(join(directory, name), code);
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023'],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: [],
  };
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: Object.keys(files) }),
  );
  const tsc = join(repositoryRoot, 'node_modules/typescript/bin/tsc');
  return run(directory, directory, tsc, '-p', 'tsconfig.json');
}

function run(cwd: string, temporary: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, TMPDIR: temporary },
  });
  return { status, stdout, stderr };
}
