/**
 * A checkout in miniature with the real tools/setup.mjs, whose npm is a script that puts made-up packages in place.
 * What that npm does is told through files, so that a test can change it between runs.
 */

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './paths.js';

export interface SetupRun {
  readonly status: number | null;
  readonly said: string;
}

const FAKE_NPM = `
  const { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
  appendFileSync('npm-calls', process.argv[2] + '\\n');
  const wish = existsSync('npm-wish') ? readFileSync('npm-wish', 'utf8') : 'works';
  rmSync('node_modules', { recursive: true, force: true });
  mkdirSync('node_modules/fs-ext', { recursive: true });
  mkdirSync('node_modules/better-sqlite3');
  console.log('> better-sqlite3@12.11.1 install');
  if (wish === 'fails') { console.error('no compiler was found'); process.exit(3); }
  if (wish === 'hangs') { writeFileSync('npm-hangs.new', String(process.pid)); renameSync('npm-hangs.new', 'npm-hangs'); setInterval(() => {}, 1000); }
  else {
    const main = wish === 'useless' ? 'throw new Error("bad binary")' : 'module.exports = class { close() {} }';
    writeFileSync('node_modules/better-sqlite3/index.js', main);
    writeFileSync('node_modules/fs-ext/index.js', '');
    symlinkSync(${JSON.stringify(join(repositoryRoot, 'node_modules/typescript'))}, 'node_modules/typescript');
    symlinkSync(${JSON.stringify(join(repositoryRoot, 'node_modules/@types'))}, 'node_modules/@types');
  }`;

export class FakeCheckout {
  readonly dir: string;

  /** One that is there already. */
  constructor(dir: string) {
    this.dir = dir;
  }

  static make(dir: string): FakeCheckout {
    const fake = new FakeCheckout(dir);
    mkdirSync(join(dir, 'tools'));
    for (const part of ['tools/setup.mjs', 'tools/setup', 'tsconfig.json', 'tsconfig.build.json']) {
      cpSync(join(repositoryRoot, part), join(dir, part), { recursive: true });
    }
    fake.write('package.json', '{ "type": "module", "dependencies": {} }');
    fake.write('package-lock.json', '{ "packages": { "": {} } }');
    // The directory is an ES module's by its package.json, the fake npm is not.
    mkdirSync(join(dir, 'npm'));
    fake.write('npm/package.json', '{ "type": "commonjs" }');
    fake.write('npm/npm-cli.js', FAKE_NPM);
    mkdirSync(join(dir, 'src'));
    fake.write('src/one.ts', 'export const one: number = 1;\n');
    return fake;
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.dir, path), text);
  }

  read(path: string): string | undefined {
    return existsSync(join(this.dir, path)) ? readFileSync(join(this.dir, path), 'utf8') : undefined;
  }

  /** What the fake npm does from now on. */
  npmWill(wish: 'works' | 'fails' | 'useless' | 'hangs'): void {
    this.write('npm-wish', wish);
  }

  npmCalls(): number {
    return this.read('npm-calls')?.trim().split('\n').length ?? 0;
  }

  start() {
    const child = spawn(process.execPath, [join(this.dir, 'tools/setup.mjs')], {
      cwd: this.dir,
      env: { ...process.env, npm_execpath: join(this.dir, 'npm/npm-cli.js') },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    const ended = new Promise<SetupRun>((resolve) => {
      child.on('close', (status) => resolve({ status, said }));
    });
    return { child, ended };
  }

  run(): Promise<SetupRun> {
    return this.start().ended;
  }
}
