/** Runs every check, also after one failed, shows the output of those that did, and sums up. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @type {[name: string, tool: string, ...args: string[]][]} */
const CHECKS = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['unused files, exports and dependencies', 'knip'],
  ['package manifest', 'publint', '--strict'],
  ['types as consumers see them', 'attw', '--pack', '.', '--profile', 'esm-only'],
];

const results = CHECKS.map(([name, tool, ...args]) => {
  const begun = Date.now();
  const { status, stdout, stderr, error } = spawnSync(join(root, 'node_modules', '.bin', tool), args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  const line = `${status === 0 ? 'ok    ' : 'FAILED'}  ${name} (${tool}, ${seconds} s)`;
  console.log(line);
  if (status !== 0) console.log(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
  return { line, passed: status === 0 };
});

const failed = results.filter(({ passed }) => !passed);
console.log(
  failed.length === 0
    ? `All ${results.length} checks passed.`
    : `${failed.length} of ${results.length} checks failed:\n${failed.map(({ line }) => `  ${line}`).join('\n')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
