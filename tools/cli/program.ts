/** The command line, made of the definitions. */
import { existsSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { editDistance } from '../../src/edit-distance.js';
import { printable, printableName } from '../../src/printable.js';
import {
  COMMON_OPTIONS,
  type CommandDefinition,
  type ExitCode,
  type OptionDefinition,
} from './definition.js';
import { COMMANDS } from './definitions.js';
import { UsageError } from './errors.js';
import type { Output } from './output/output.js';

const ABOUT =
  'Looks at stores of agentlog, and at their segments. Nothing is changed but by commands that say so.';
const EXIT_CODES = `
Exit codes:
  0  well
  1  misused, or the disk or the system failed
  2  a segment has a torn tail, as a crash leaves it (inspect and verify of a file)
  3  damage or corruption
`;
const HELP_WIDTH = 100;

/** Returns the code to exit with; throws what `explain` explains. */
export async function runProgram(
  args: readonly string[],
  version: string,
  output: Output,
): Promise<ExitCode> {
  let code: ExitCode = 0;
  const words = meant(args);
  // To make all takes longer than to make one.
  const asked = COMMANDS.find(({ name }) => name === words[0]);
  const commands = asked === undefined ? COMMANDS : [asked];
  const program = makeProgram(version, output, commands, async (definition, given, options) => {
    const { run } = await definition.load();
    code = await run({ args: given, options: options as never, output });
  });
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // It has printed what there is to say.
    if (error.exitCode !== 0) code = 1;
  }
  return code;
}

type Run = (
  definition: CommandDefinition,
  args: readonly (string | undefined)[],
  options: unknown,
) => Promise<void>;

function makeProgram(
  version: string,
  output: Output,
  commands: readonly CommandDefinition[],
  run: Run,
): Command {
  const program = new Command('agentlog')
    .description(ABOUT)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or what a command does')
    .helpCommand('help [COMMAND]', 'print what a command does')
    .addHelpText('after', EXIT_CODES)
    .showSuggestionAfterError()
    .configureHelp({ helpWidth: Math.min(HELP_WIDTH, output.width) })
    .exitOverride()
    .configureOutput(outputOf(output));
  for (const definition of commands) program.addCommand(commandOf(definition, output, run));
  return program;
}

function commandOf(definition: CommandDefinition, output: Output, run: Run): Command {
  const command = new Command(definition.name)
    .summary(definition.summary)
    .description(
      definition.about === undefined ? definition.summary : `${definition.summary}\n\n${definition.about}`,
    )
    .helpOption('-h, --help', 'print this')
    .configureHelp({ helpWidth: Math.min(HELP_WIDTH, output.width) })
    .showSuggestionAfterError()
    .showHelpAfterError(
      `${definition.hint === undefined ? '' : `${definition.hint}; `}agentlog ${definition.name} --help shows how it is meant`,
    )
    .exitOverride()
    .configureOutput(outputOf(output))
    .addHelpText('after', examplesOf(definition));
  for (const { name, about, isOptional } of definition.arguments)
    command.argument(isOptional ? `[${name}]` : `<${name}>`, about);
  for (const option of optionsOf(definition)) command.addOption(optionOf(option));
  return command.action(async (...all: unknown[]) => {
    // The arguments, then the options, then the command itself.
    const given = all.slice(0, definition.arguments.length) as (string | undefined)[];
    requireOrder(definition, given);
    await run(definition, given, all[definition.arguments.length]);
  });
}

/** Of two arguments the store is the first. */
function requireOrder(
  { name, arguments: [wanted] }: CommandDefinition,
  given: readonly (string | undefined)[],
): void {
  const [first, second] = given;
  if (wanted?.name !== 'STORE' || wanted.mayBeMade === true || first === undefined || second === undefined)
    return;
  if (!existsSync(first) && existsSync(second))
    throw new UsageError(
      `there is no ${printableName(first)}; the store comes first: agentlog ${name} ${printableName(second)} …`,
    );
}

/** What is said of a command line repeats it. */
function outputOf(output: Output) {
  return {
    writeOut: (text: string) => void output.print(text),
    writeErr: (text: string) => output.note(printable(text.trimEnd())),
    outputError: (text: string, write: (text: string) => void) => write(text.replace(/^error:/, 'agentlog:')),
  };
}

function optionOf({ flags, about, parse, isList }: OptionDefinition): Option {
  const option = new Option(flags, about);
  if (isList === true)
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  else if (parse !== undefined) option.argParser(parse);
  return option;
}

/** With those that every command has to which they apply. */
export function optionsOf({ arguments: [first], options }: CommandDefinition): OptionDefinition[] {
  const opensStores = first?.name.includes('STORE') === true;
  return [...options, ...COMMON_OPTIONS.filter(({ flags }) => opensStores || flags === '--json')];
}

function examplesOf({ examples }: CommandDefinition): string {
  return `\nExamples:\n${examples.map(([command, what]) => `  ${command}\n      ${what}`).join('\n')}\n`;
}

/** `agentlog STORE` is `agentlog status STORE`. */
function meant(args: readonly string[]): string[] {
  const [first] = args;
  if (first === undefined) return ['--help'];
  const isName = ['help', ...COMMANDS.map(({ name }) => name)].includes(first);
  if (isName || first.startsWith('-')) return [...args];
  if (existsSync(first)) {
    const other = args.find((arg) => COMMANDS.some(({ name }) => name === arg));
    if (other === undefined) return ['status', ...args];
    throw new UsageError(`a command comes first: is agentlog ${other} ${printableName(first)} meant?`);
  }
  const near = COMMANDS.map(({ name }) => name).find((name) => isNear(name, first));
  const hint = near === undefined ? 'agentlog --help lists the commands' : `is ${near} meant?`;
  throw new UsageError(`there is no command "${printableName(first)}", and no store of that name; ${hint}`);
}

/** Two letters wrong at most. */
function isNear(name: string, given: string): boolean {
  if (given.length > 2 && name.startsWith(given)) return true;
  return editDistance(name, given) <= 2;
}
