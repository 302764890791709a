/** The package as strangers get it: packed, and installed into empty projects. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './paths.js';

/** No registry answers, which says nothing about the package. */
export class RegistryUnreachable extends Error {}

const NO_NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED/;

/** Packs the repository into `dir`; resolves to the tarball and the paths in it. */
export function pack(dir: string): { tarball: string; files: string[] } {
  mkdirSync(dir, { recursive: true });
  // The scripts run, because `prepack` is what keeps stale output from being published.
  const answer = JSON.parse(npm(['pack', '--json', '--pack-destination', dir], repositoryRoot));
  // A list in some releases of npm, an object by package name in others.
  const [packed] = Object.values(answer) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(dir, packed.filename), files: packed.files.map(({ path }) => path).sort() };
}

/** An empty project in `dir` with `packages` installed and no install script run: that takes seconds, not minutes. */
export function project(dir: string, packages: readonly string[], ...options: readonly string[]): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  // Few and short tries: without a network the tests are to be skipped, not to hang.
  const tries = ['--fetch-retries=1', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=1000'];
  const quick = ['--ignore-scripts', '--prefer-offline', ...tries, '--fetch-timeout=20000'];
  npm(['install', ...quick, '--no-audit', '--no-fund', ...options, ...packages], dir);
  return dir;
}

function npm(args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd,
    env: consumerEnvironment(),
    encoding: 'utf8',
    timeout: 150_000,
  });
  if (status === 0) return stdout;
  const said = `npm ${args.join(' ')} failed (${status ?? error?.message})\n${stdout}\n${stderr}`;
  throw NO_NETWORK.test(said) ? new RegistryUnreachable(said) : new Error(said);
}

/** Without what the `npm test` around us says of this repository; the user's own npm settings stay. */
function consumerEnvironment(): NodeJS.ProcessEnv {
  const inherited =
    /^(npm_package_|npm_lifecycle_|npm_config_local_prefix$|npm_command$|NODE_ENV$|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
}
