/** What somebody does who installed the package: runs an example as it stands, and compiles against the types. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkAgentlog, NATIVES } from '../../package/support/linked.js';
import { repositoryRoot } from '../../package/support/paths.js';

/** Runs a program of `examples/` in `directory`, where nothing but agentlog and `packages` is within reach. */
export function runExample(directory: string, name: string, packages: readonly string[] = []) {
  linkAgentlog(directory, [...NATIVES, ...packages]);
  copyFileSync(join(repositoryRoot, 'examples', name), join(directory, name));
  return (temporary: string, ...args: string[]) => run(directory, temporary, name, ...args);
}

/** Compiles a program that has none but the types of agentlog and of `packages`. */
export function compile(directory: string, code: string, packages: readonly string[] = []) {
  linkAgentlog(directory, packages);
  writeFileSync(join(directory, 'consumer.mts'), code);
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023'],
    strict: true,
    noEmit: true,
    // The types of others are not on trial.
    skipLibCheck: packages.length > 0,
    types: [],
  };
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['consumer.mts'] }),
  );
  return run(
    directory,
    directory,
    join(repositoryRoot, 'node_modules/typescript/bin/tsc'),
    '-p',
    'tsconfig.json',
  );
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
