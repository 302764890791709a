/** Brings node_modules to what package-lock.json says, once: `npm ci`, with the native builds in view. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installAdvice } from './advice.mjs';
import { brokenNative } from './natives.mjs';
import { runShown, say } from './progress.mjs';

const DEPENDENCY_FIELDS = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'overrides',
  'allowScripts',
];

/**
 * Why an installation is due, or undefined.
 * @param {string} root
 */
export function installDue(root) {
  const modules = join(root, 'node_modules');
  if (!existsSync(modules)) return 'nothing is installed yet';
  if (readText(stampFile(root)) !== fingerprint(root)) {
    const difference = differenceFromLock(root);
    if (difference !== undefined) return difference;
  }
  const broken = brokenNative(root);
  if (broken !== undefined) return broken;
  // Someone else's `npm ci` is as good as ours.
  writeFileSync(stampFile(root), fingerprint(root));
  return undefined;
}

/**
 * @param {string} root
 * @param {string} reason
 */
export async function install(root, reason) {
  say(`installing: ${reason}`);
  const modules = join(root, 'node_modules');
  const previous = join(root, '.cache', 'node_modules.previous');
  const kept = setAside(modules, previous);
  const npm = npmCommand();
  const result = await runShown({
    what: 'installing packages (npm ci)',
    command: npm.command,
    // In the foreground npm says whose script it runs; JOBS lets make use every core.
    args: [
      ...npm.args,
      'ci',
      '--foreground-scripts',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
    ],
    cwd: root,
    env: { JOBS: 'max', ...process.env },
    rename: (line) => {
      const script = /^> (\S+)@\S+ (?:pre|post)?install$/.exec(line);
      return script === null ? undefined : `building the native parts of ${script[1]}`;
    },
  });
  const problem = result.outcome === 'failed' ? result.how : brokenNative(root);
  if (problem === undefined) {
    writeFileSync(stampFile(root), fingerprint(root));
    rmSync(previous, { recursive: true, force: true });
    return true;
  }
  if (result.outcome === 'failed') process.stderr.write(`\n${result.tail}\n\n`);
  say(`the installation failed: ${problem}`);
  if (kept === 'aside') {
    rmSync(modules, { recursive: true, force: true });
    renameSync(previous, modules);
    say('node_modules is as it was before this attempt.');
  } else {
    say('node_modules is incomplete now; the next run installs it anew.');
  }
  process.stderr.write(`${installAdvice()}\n`);
  return false;
}

/**
 * `npm ci` begins by deleting node_modules; moved aside, what is there outlives a failure.
 * @param {string} modules
 * @param {string} previous
 * @returns {'aside' | 'none'}
 */
function setAside(modules, previous) {
  mkdirSync(dirname(previous), { recursive: true });
  rmSync(previous, { recursive: true, force: true });
  try {
    renameSync(modules, previous);
    return 'aside';
  } catch {
    // There is none, or it is a mount point, which cannot be moved.
    return 'none';
  }
}

/**
 * The first package that package-lock.json wants and npm's own record of node_modules does not have.
 * @param {string} root
 */
function differenceFromLock(root) {
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (installed === undefined || wanted === undefined) return 'node_modules was not installed by npm';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || (entry.optional === true && installed[path] === undefined)) continue;
    const there = existsSync(join(root, path, 'package.json'));
    if (!there || installed[path]?.version !== entry.version)
      return `${path} is not what package-lock.json says`;
  }
  const manifest = readJson(join(root, 'package.json'));
  for (const field of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    const [asked, locked] = [manifest[field], wanted[''][field]].map((part) =>
      JSON.stringify(sorted(part ?? {})),
    );
    if (asked !== locked) return `the ${field} of package.json are not those of package-lock.json`;
  }
  return undefined;
}

/** @param {string} root */
function fingerprint(root) {
  const manifest = readJson(join(root, 'package.json'));
  const hash = createHash('sha256');
  hash.update(readFileSync(join(root, 'package-lock.json')));
  hash.update(JSON.stringify(DEPENDENCY_FIELDS.map((field) => manifest[field])));
  hash.update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  return hash.digest('hex');
}

/** npm itself says where it is; another package manager must not be taken for it. */
function npmCommand() {
  const running = process.env.npm_execpath ?? '';
  return basename(running) === 'npm-cli.js'
    ? { command: process.execPath, args: [running] }
    : { command: 'npm', args: [] };
}

/** @param {string} root */
function stampFile(root) {
  return join(root, 'node_modules', '.agentlog-setup');
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readText(file) ?? 'null') ?? undefined;
}

/** @param {object} part */
function sorted(part) {
  return Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1));
}
