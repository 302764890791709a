/** What a command is, told once: the program, its help and docs/cli.md are made from it. */
import type { Output } from './output/output.js';

export interface CommandDefinition {
  readonly name: string;
  readonly arguments: readonly ArgumentDefinition[];
  /** One line, for the list of commands. */
  readonly summary: string;
  /** More of it, for its own help. */
  readonly about?: string;
  /** What those forget who give too many or too few arguments. */
  readonly hint?: string;
  readonly options: readonly OptionDefinition[];
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** What `--json` prints, in the notation of TypeScript. */
  readonly json: string;
  /** It changes a store. */
  readonly changes?: boolean;
  /** The body is loaded when it is asked for. */
  load(): Promise<CommandBody>;
}

interface ArgumentDefinition {
  readonly name: string;
  readonly about: string;
  readonly isOptional?: boolean;
  readonly isVariadic?: boolean;
  /** Nothing need be there. */
  readonly mayBeMade?: boolean;
}

export interface OptionDefinition {
  /** As in `-n, --lines <number>`; without a value in brackets it is a flag. */
  readonly flags: string;
  readonly about: string;
  /** Of the value as it was given; throws a `UsageError`. */
  readonly parse?: (value: string) => unknown;
  /** May be given several times; all values come as a list. */
  readonly isList?: boolean;
}

export interface Invocation<Options> {
  /** Of the command line, as the definition names them. */
  readonly args: readonly (string | undefined)[];
  readonly options: Options & CommonOptions;
  readonly output: Output;
}

/** Every command has these. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly allowForeignOwner?: boolean;
}

interface CommandBody {
  /** Returns the code to exit with. */
  run(invocation: Invocation<never>): Promise<ExitCode>;
}

/** 0: well. 1: misused, or the disk or the system failed. 2: a torn tail. 3: damage or corruption. */
export type ExitCode = 0 | 1 | 2 | 3;

export const COMMON_OPTIONS: readonly OptionDefinition[] = [
  { flags: '--json', about: 'print JSON: one object, or one a line where there are many' },
  {
    flags: '--allow-foreign-owner',
    about: 'open a store that belongs to another user, or that every user may write to',
  },
];
