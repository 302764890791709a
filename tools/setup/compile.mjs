/**
 * Compiles src/ and tools/ into dist/ when a source changed. A stamp holds the hash of every input; it is removed
 * before the compiler starts, so that a dist/ that is half written never counts as done.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runShown, say } from './progress.mjs';

const FOLDERS = ['src', 'tools'];
const CONFIGS = ['tsconfig.json', 'tsconfig.build.json', 'node_modules/typescript/package.json'];

/** @param {string} root */
export function compileDue(root) {
  const stamp = stampFile(root);
  return (
    !existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint(root) || missingOutputs(root).length > 0
  );
}

/** @param {string} root */
export async function compile(root) {
  const stamp = stampFile(root);
  // Hashed before the compiler reads: a source saved meanwhile must be compiled by the next run.
  const inputs = fingerprint(root);
  rmSync(stamp, { force: true });
  // tsc trusts its record of what it wrote and would not write a deleted output again.
  if (missingOutputs(root).length > 0) rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
  const result = await runShown({
    what: 'compiling',
    command: process.execPath,
    args: [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
    cwd: root,
  });
  if (result.outcome === 'failed') {
    process.stderr.write(`${result.tail}\n`);
    say(`the compilation failed (${result.how})`);
    return false;
  }
  removeOrphans(root);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, inputs);
  return true;
}

/** @param {string} root */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const file of [...sources(root), ...CONFIGS]) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** @param {string} root */
function missingOutputs(root) {
  return sources(root)
    .map((source) => join(root, 'dist', source.replace(/\.ts$/, '.js')))
    .filter((output) => !existsSync(output));
}

/**
 * The output of a source that is gone would still be imported, packed and published.
 * @param {string} root
 */
function removeOrphans(root) {
  for (const output of files(join(root, 'dist'), FOLDERS)) {
    const source = output.replace(/(\.d\.ts|\.js|\.js\.map)$/, '.ts');
    if (!existsSync(join(root, source))) rmSync(join(root, 'dist', output));
  }
}

/** @param {string} root */
function sources(root) {
  return files(root, FOLDERS).filter((file) => file.endsWith('.ts'));
}

/**
 * @param {string} base
 * @param {string[]} folders
 * @returns {string[]} paths relative to base, in a stable order
 */
function files(base, folders) {
  return folders.flatMap((folder) => {
    if (!existsSync(join(base, folder))) return [];
    const entries = readdirSync(join(base, folder), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    return entries.flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? files(base, [path]) : [path];
    });
  });
}

/** @param {string} root */
function stampFile(root) {
  return join(root, 'dist', '.inputs');
}
