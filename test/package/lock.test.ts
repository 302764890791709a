import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { lockPackage, tryLockExclusive, unlock } from '../../src/segment/flock.js';
import { repositoryRoot } from './support/paths.js';
import { runNode } from './support/run-node.js';
import { tempDir } from './support/temp-dir.js';

const compiled = pathToFileURL(join(repositoryRoot, 'dist/src/segment/flock.js')).href;

function open(path: string): number {
  const fd = openSync(path, 'w');
  onTestFinished(() => closeSync(fd));
  return fd;
}

/** A process that holds the lock of `path` until its standard input ends. Resolves once it holds it. */
async function holder(path: string): Promise<ChildProcess> {
  const code = `
    import { openSync } from 'node:fs';
    import { tryLockExclusive } from ${JSON.stringify(compiled)};
    process.stdout.write(String(tryLockExclusive(openSync(process.argv[1], 'w'))));
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code, '--', path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = await new Promise((resolve, reject) => {
    child.stdout.once('data', (data) => resolve(String(data)));
    child.once('exit', (code) => reject(new Error(`the holder ended with ${code}`)));
  });
  expect(said).toBe('true');
  return child;
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

test('a lock excludes another process until that process ends', async () => {
  const path = join(tempDir(), 'lock');
  const child = await holder(path);
  const fd = open(path);
  expect(tryLockExclusive(fd)).toBe(false);
  const exit = ended(child);
  child.stdin!.end();
  await exit;
  expect(tryLockExclusive(fd)).toBe(true);
});

test('a killed process holds no lock', async () => {
  const path = join(tempDir(), 'lock');
  const child = await holder(path);
  const fd = open(path);
  expect(tryLockExclusive(fd)).toBe(false);
  const exit = ended(child);
  child.kill('SIGKILL');
  await exit;
  expect(tryLockExclusive(fd)).toBe(true);
});

test('two open file descriptions of one process exclude each other until the first unlocks', () => {
  const path = join(tempDir(), 'lock');
  const [first, second] = [open(path), open(path)];
  expect(tryLockExclusive(first)).toBe(true);
  expect(tryLockExclusive(first)).toBe(true);
  expect(tryLockExclusive(second)).toBe(false);
  unlock(first);
  expect(tryLockExclusive(second)).toBe(true);
});

test('closing the descriptor releases the lock', () => {
  const path = join(tempDir(), 'lock');
  const first = openSync(path, 'w');
  expect(tryLockExclusive(first)).toBe(true);
  closeSync(first);
  expect(tryLockExclusive(open(path))).toBe(true);
});

test('any failure but a held lock is an AGENTLOG_IO with its cause', () => {
  const fd = openSync(join(tempDir(), 'lock'), 'w');
  closeSync(fd);
  for (const operation of [tryLockExclusive, unlock]) {
    expect(() => operation(fd)).toThrow(
      expect.objectContaining({
        code: 'AGENTLOG_IO',
        message: expect.stringContaining(`file descriptor ${fd}`),
        cause: expect.objectContaining({ code: 'EBADF' }),
      }),
    );
  }
});

test.each([-1, 1.5, Number.NaN, '3'])('%s is no file descriptor, which is a TypeError', (fd) => {
  expect(() => tryLockExclusive(fd as number)).toThrow(TypeError);
});

test('worker threads come and go beside the main thread, and all exclude each other', () => {
  const path = join(tempDir(), 'lock');
  // fs-ext loaded in a second thread ends the process within a few rounds of this.
  const { status, signal, stdout, stderr } = runNode(
    `
    import { openSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    import { lockPackage, tryLockExclusive } from ${JSON.stringify(compiled)};
    const path = process.argv[1];
    const held = tryLockExclusive(openSync(path, 'w'));
    const code = \`
      import { openSync } from 'node:fs';
      import { parentPort } from 'node:worker_threads';
      import { lockPackage, tryLockExclusive } from ${JSON.stringify(compiled)};
      parentPort.postMessage(lockPackage() + ' ' + tryLockExclusive(openSync(\${JSON.stringify(path)}, 'w')));\`;
    const answers = new Set();
    const work = () => new Promise((resolve, reject) => {
      const worker = new Worker(code, { eval: true });
      worker.on('message', (answer) => answers.add(answer)).on('error', reject).on('exit', resolve);
    });
    for (let round = 0; round < 10; round++) await Promise.all([work(), work(), work(), work()]);
    console.log(JSON.stringify({ main: lockPackage() + ' ' + held, workers: [...answers] }));`,
    { args: [path] },
  );
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({
    main: `${lockPackage()} true`,
    workers: ['fs-ext-extra-prebuilt false'],
  });
});
