/** docs/cli.md, made of the definitions that the command's own help is made of. */
import ts from 'typescript';
import type { CommandDefinition, OptionDefinition } from '../cli/definition.js';
import { COMMANDS } from '../cli/definitions.js';
import { optionsOf } from '../cli/program.js';

const HEAD = `# The \`agentlog\` command

\`npx agentlog\` in any project that has agentlog among its dependencies; \`npx agentlog STORE\` is where to begin when something
looks wrong. Nothing is changed but by the commands that say so (${namesOf(({ changes }) => changes === true)}), which ask
first, but for \`import\`, which only adds.

The others are safe beside processes that write: they take no lock, and do not even try to (whether a writer lives is read from
\`/proc/locks\`, and where there is none, from whether its process runs; a writer in another container looks dead). They
make nothing in a store, but for SQLite's own \`-shm\` and an empty \`-wal\`. A segment can be looked at without its store, and a
store whose database is gone, damaged or locked.

Where the output is a terminal, it has colours (not with \`NO_COLOR\`, also elsewhere with \`FORCE_COLOR=1\`) and fits its width; in a
pipe, lines are as long as they are, unless \`COLUMNS\` says otherwise. What agents have logged is never passed to a terminal as it
is: control characters and marks of direction are spelt out. Times are those of the machine's zone (\`TZ\`). With \`--json\` there is
one object, or one a line where there are many, in the shape that is given below; times are epoch milliseconds, and sizes are
bytes.

| exit code | |
|---|---|
| 0 | well |
| 1 | misused, or the disk or the system failed |
| 2 | a segment has a torn tail, as a crash leaves it: only \`inspect\` and \`verify FILE\` say so, as it is no damage |
| 3 | damage or corruption |
`;

export function cliPage(): string {
  const list = COMMANDS.map(({ name, summary }) => `| [\`${name}\`](#${name}) | ${summary} |\n`).join('');
  return `${HEAD}\n| command | |\n|---|---|\n${list}${COMMANDS.map(sectionOf).join('')}`;
}

function namesOf(which: (definition: CommandDefinition) => boolean): string {
  return COMMANDS.filter(which)
    .map(({ name }) => `\`${name}\``)
    .join(', ');
}

function sectionOf(definition: CommandDefinition): string {
  const { name, summary, about, examples, json } = definition;
  const args = definition.arguments.map((one) => (one.isOptional ? `[${one.name}]` : one.name)).join(' ');
  const rows = [
    ...definition.arguments.map((one) => row(one.name, one.about)),
    ...optionsOf(definition).map((option: OptionDefinition) => row(option.flags, option.about)),
  ].join('');
  const shown = examples.map(([command, what]) => `# ${what}\n${command}\n`).join('\n');
  return `
## ${name}

    agentlog ${name} ${args} [options]

${sentence(summary)}${about === undefined ? '' : ` ${about}`}

| | |
|---|---|
${rows}
\`\`\`sh
${shown}\`\`\`

With \`--json\`:

\`\`\`ts
${laidOut(json)}
\`\`\`
`;
}

/** On several lines, as the definitions have it on one. */
function laidOut(shape: string): string {
  const source = ts.createSourceFile('shape.ts', `type Shape = ${shape}`, ts.ScriptTarget.Latest, true);
  const [statement] = source.statements;
  if (statement === undefined || !ts.isTypeAliasDeclaration(statement)) throw new Error(`no type: ${shape}`);
  return ts.createPrinter().printNode(ts.EmitHint.Unspecified, statement.type, source);
}

function row(flags: string, about: string): string {
  return `| \`${flags.replace('|', '\\|')}\` | ${about.replaceAll('|', '\\|')} |\n`;
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
