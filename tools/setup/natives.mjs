/** Whether the native packages work, asked in a process of its own: a wrong binary may crash instead of throwing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PROBE = `
  const Database = require('better-sqlite3');
  new Database(':memory:').close();
  try { require('fs-ext'); } catch { require('fs-ext-extra-prebuilt'); }
`;

/**
 * What is wrong, or undefined.
 * @param {string} root
 */
export function brokenNative(root) {
  const probe = spawnSync(process.execPath, ['-e', PROBE], {
    cwd: join(root, 'node_modules'),
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (probe.status === 0) return undefined;
  const said = /^\w*Error.*$/m.exec(probe.stderr)?.[0] ?? probe.signal ?? `exit code ${probe.status}`;
  return `a native package does not work on Node ${process.version} (${said})`;
}
