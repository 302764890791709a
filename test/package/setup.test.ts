import { cpSync, existsSync, readdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { FakeCheckout } from './support/fake-checkout.js';
import { newTempDir, tempDir } from './support/temp-dir.js';

const checkout = () => FakeCheckout.make(tempDir());
const silent = { status: 0, said: '' };

/** Made ready once: compiling takes seconds. */
const ready = newTempDir();
beforeAll(async () => expect(await FakeCheckout.make(ready).run()).toMatchObject({ status: 0 }));
afterAll(() => rmSync(ready, { recursive: true, force: true }));

function readyCheckout(): FakeCheckout {
  const dir = tempDir();
  cpSync(ready, dir, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  return new FakeCheckout(dir);
}

test('the first run installs and compiles and names what it does; the second does nothing and says nothing', async () => {
  const fake = checkout();
  const { status, said } = await fake.run();
  expect(said).toContain('setup: installing packages (npm ci)');
  expect(said).toContain('setup: building the native parts of better-sqlite3');
  expect(said).toContain('setup: compiling');
  expect(said).toContain('setup: ready after');
  expect(status).toBe(0);
  expect(fake.read('dist/src/one.js')).toContain('one = 1');
  expect(await fake.run()).toEqual(silent);
  expect(fake.npmCalls()).toBe(1);
});

test.each([
  [
    'the lock file',
    'package-lock.json',
    '{ "packages": { "": {}, "node_modules/more": { "version": "1.0.0" } } }',
  ],
  ['the dependencies', 'package.json', '{ "type": "module", "dependencies": { "more": "1" } }'],
])('a change of %s installs again', async (_what, file, text) => {
  const fake = readyCheckout();
  fake.write(file, text);
  expect(await fake.run()).toMatchObject({ status: 0 });
  expect(fake.npmCalls()).toBe(2);
});

test('a change of package.json that concerns no dependency installs nothing', async () => {
  const fake = readyCheckout();
  fake.write('package.json', '{ "type": "module", "dependencies": {}, "scripts": { "x": "y" } }');
  expect(await fake.run()).toEqual(silent);
});

test('a native that stopped working is installed again', async () => {
  const fake = readyCheckout();
  fake.write('node_modules/better-sqlite3/index.js', 'process.abort();');
  const { status, said } = await fake.run();
  expect(said).toContain('a native package does not work on Node');
  expect(status).toBe(0);
  expect(fake.npmCalls()).toBe(2);
});

test('an installation that fails shows its output and gives node_modules back', async () => {
  const fake = readyCheckout();
  fake.write('package-lock.json', '{ "packages": { "": { "changed": true } } }');
  fake.write('node_modules/mine', 'from before');
  rmSync(join(fake.dir, 'node_modules/.agentlog-setup'));
  rmSync(join(fake.dir, 'node_modules/.package-lock.json'), { force: true });
  fake.npmWill('fails');
  const { status, said } = await fake.run();
  expect(status).toBe(1);
  expect(said).toContain('no compiler was found');
  expect(said).toContain('building the native parts of better-sqlite3: exit code 3');
  expect(said).toContain('node_modules is as it was');
  expect(said).toContain('apt-get install -y python3 make g++');
  expect(fake.read('node_modules/mine')).toBe('from before');
  fake.npmWill('works');
  expect(await fake.run()).toMatchObject({ status: 0 });
  expect(await fake.run()).toEqual(silent);
});

test('an installation that ends well without working natives fails', async () => {
  const fake = checkout();
  fake.npmWill('useless');
  const { status, said } = await fake.run();
  expect(status).toBe(1);
  expect(said).toMatch(/the installation failed: a native package does not work .*bad binary/);
});

test('a set-up that is ended while npm is at work gives node_modules back', async () => {
  const fake = readyCheckout();
  fake.write('node_modules/mine', 'from before');
  fake.write('node_modules/better-sqlite3/index.js', 'throw new Error("gone bad")');
  fake.npmWill('hangs');
  const { child, ended } = fake.start();
  await hanging(fake);
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ status: 1, said: expect.stringContaining('ended by SIGTERM') });
  expect(fake.read('node_modules/mine')).toBe('from before');
});

test('a changed source is compiled, and the output of a removed one goes', async () => {
  const fake = readyCheckout();
  fake.write('src/two.ts', 'export const two = 2;\n');
  fake.write('src/one.ts', 'export const one: number = 11;\n');
  expect(await fake.run()).toMatchObject({ status: 0 });
  expect(fake.read('dist/src/one.js')).toContain('one = 11');
  rmSync(join(fake.dir, 'src/two.ts'));
  expect(await fake.run()).toMatchObject({ status: 0 });
  expect(readdirSync(join(fake.dir, 'dist/src')).sort()).toEqual(['one.d.ts', 'one.js', 'one.js.map']);
  expect(await fake.run()).toEqual(silent);
});

test('a deleted output is written again', async () => {
  const fake = readyCheckout();
  rmSync(join(fake.dir, 'dist/src/one.js'));
  expect(await fake.run()).toMatchObject({ status: 0 });
  expect(fake.read('dist/src/one.js')).toContain('one = 1');
});

test('a source that does not compile fails every run until it is mended', async () => {
  const fake = readyCheckout();
  fake.write('src/one.ts', "export const one: number = 'one';\n");
  for (let run = 0; run < 2; run++) {
    const { status, said } = await fake.run();
    expect(said).toContain('src/one.ts(1,14): error TS2322');
    expect(status).toBe(1);
  }
  fake.write('src/one.ts', 'export const one: number = 1;\n');
  expect(await fake.run()).toMatchObject({ status: 0 });
});

test('of several runs at once, one installs and the others wait for it', async () => {
  const fake = checkout();
  const runs = await Promise.all([fake.run(), fake.run(), fake.run()]);
  expect(runs.map(({ status }) => status)).toEqual([0, 0, 0]);
  expect(fake.npmCalls()).toBe(1);
  expect(readdirSync(join(fake.dir, '.cache'))).toEqual([]);
});

test('the lock of a set-up that was killed is taken over', async () => {
  const fake = checkout();
  fake.npmWill('hangs');
  const { child, ended } = fake.start();
  const npm = await hanging(fake);
  child.kill('SIGKILL');
  process.kill(npm);
  await ended;
  expect(existsSync(join(fake.dir, '.cache/setup.lock'))).toBe(true);
  fake.npmWill('works');
  expect(await fake.run()).toMatchObject({ status: 0 });
});

/** The pid of the npm that hangs, which no test leaves behind, not even a failed one. */
async function hanging(fake: FakeCheckout): Promise<number> {
  await appears(fake.dir, 'npm-hangs');
  const npm = Number(fake.read('npm-hangs'));
  onTestFinished(() => {
    try {
      process.kill(npm);
    } catch {
      // It has ended, as it should have.
    }
  });
  return npm;
}

/** Resolves when `name` is in `dir`. */
function appears(dir: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(dir, () => check());
    const check = () => {
      if (!existsSync(join(dir, name))) return;
      watcher.close();
      resolve();
    };
    check();
  });
}
