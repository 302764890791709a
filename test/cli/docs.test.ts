/** docs/cli.md and --help come from the same definitions, and say everything. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../tools/cli/definitions.js';
import { optionsOf } from '../../tools/cli/program.js';
import { cliPage } from '../../tools/docs/cli-page.js';
import { agentlog } from './support/cli.js';

test('docs/cli.md is what the definitions say', () => {
  const written = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  expect(written, 'npm run docs makes it anew').toBe(cliPage());
});

test.each(COMMANDS.map((definition) => [definition.name, definition] as const))(
  '%s --help shows all of its options and examples',
  async (name, definition) => {
    const { stdout, stderr, code } = await agentlog([name, '--help']);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    for (const { flags } of optionsOf(definition)) expect(stdout).toContain(flags);
    for (const [example] of definition.examples) expect(stdout).toContain(example);
    for (const one of definition.arguments) expect(stdout).toContain(one.name);
    expect(definition.examples.length).toBeGreaterThan(0);
  },
);

test('without anything, and with --help, all commands are listed', async () => {
  const [plain, asked] = await Promise.all([agentlog([]), agentlog(['--help'])]);
  expect(plain).toEqual(asked);
  for (const { name, summary } of COMMANDS)
    expect(asked.stdout).toMatch(new RegExp(`${name} .*${summary.slice(0, 10)}`));
});
