/**
 * Makes a checkout ready: installs what package-lock.json names, compiles, and does neither twice. Every command of
 * package.json runs it first, so it uses nothing but Node itself.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, compileDue } from './setup/compile.mjs';
import { install, installDue } from './setup/install.mjs';
import { alone } from './setup/mutex.mjs';
import { elapsed, say } from './setup/progress.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

process.exitCode = await main();

async function main() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`agentlog needs Node 20.19 or later; this is ${process.version}`);
    return 1;
  }
  if (installDue(root) === undefined && !compileDue(root)) return 0;
  return alone(join(root, '.cache', 'setup.lock'), prepare);
}

async function prepare() {
  const begun = Date.now();
  // Asked again under the lock: another set-up may have done it while this one waited.
  const reason = installDue(root);
  if (reason !== undefined && !(await install(root, reason))) return 1;
  if (compileDue(root) && !(await compile(root))) return 1;
  say(`ready after ${elapsed(begun)}`);
  return 0;
}
