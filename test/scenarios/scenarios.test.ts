/** Two scenarios in their quick form, as people run them. `npm run scenarios` has all. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../package/support/paths.js';

const MAIN = join(repositoryRoot, 'dist/tools/scenarios/main.js');

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

test('agentlog loses nothing of what agents of killed processes logged, and the table says so', () => {
  const said = run('fusion', 'crush', '--quick');
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.stdout).toMatch(/^fusion: agentlog +1,000 +0 +0 .* ok /m);
  expect(said.stdout).toMatch(/^crush: agentlog +1,000 +0 +0 .* ok /m);
  expect(said.stdout.match(/: [1-9] killed$/gm)).toHaveLength(4);
});

test('what it does not know it says, and runs nothing', () => {
  expect(run('gatway')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'no scenario gatway; there are: fusion, gateway, kanban, crush\n',
  });
  expect(run('--seed', 'x').status).toBe(2);
});
