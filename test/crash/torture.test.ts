/** The fault suites in their short form, each as people run it. `npm run torture` has the long one. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SUITES } from '../../tools/torture/suites.js';
import { repositoryRoot } from '../package/support/paths.js';

const MAIN = join(repositoryRoot, 'dist/tools/torture/main.js');

for (const { name, missing } of SUITES) {
  const why = missing?.();
  test(why === undefined ? name : `${name}: ${why}`, (context) => {
    if (why !== undefined) context.skip(why);
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, name, '--short'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect({ status, stdout, stderr }).toMatchObject({ status: 0, stderr: '' });
    process.stdout.write(stdout);
  });
}
