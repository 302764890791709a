/** Command lines: sensible ones for a file or a store, and such as nobody would type. */
import { join } from 'node:path';
import type { CommandDefinition } from '../../cli/definition.js';
import { COMMANDS } from '../../cli/definitions.js';
import { optionsOf } from '../../cli/program.js';
import type { Random } from '../random.js';
import type { Places } from './places.js';

const VALUES = [
  '',
  '-1',
  '0',
  '1',
  '3',
  '99999999999999999999',
  '0x40',
  '@64',
  '0P1WGN4H00007',
  'ZZZZZZZZZZZZZ',
  '1d',
  '9'.repeat(400),
  `${'9'.repeat(400)}w`,
  '2026-02-31',
  '1e309',
  'task-1',
  'text',
  '(',
  '^a|b$',
  '(?<',
  '\u001b[2J\u009b\u202e',
  '\u0000',
  '__proto__',
  'é😀',
  '--',
  '-',
];
/** Would go on for ever. */
const ENDLESS = ['-f, --follow'];
/** Make processes or change a store, which others try. */
const NOT_ON_STORES = ['compact', 'prune', 'backup', 'rebuild', 'sql', 'verify'];

/** By kind. */
export const COMMAND_LINES: Readonly<Record<string, (places: Places, random: Random) => string[]>> = {
  'segments given to commands': segmentCommand,
  'stores given to commands': storeCommand,
  'command lines': anyCommandLine,
};

/** Of one that looks at a segment. */
function segmentCommand({ segment, made }: Places, random: Random): string[] {
  switch (random.pick(['inspect', 'dump', 'dump', 'hex', 'verify', 'salvage'])) {
    case 'inspect':
      return ['inspect', segment, ...someJson(random)];
    case 'hex':
      return [
        'dump',
        segment,
        '--hex',
        ...(random.chance(0.5) ? ['--at', String(8 * random.below(400))] : []),
      ];
    case 'verify':
      return ['verify', segment, ...someJson(random)];
    case 'salvage':
      return ['salvage', segment, '--out', made, ...someJson(random)];
    default:
      return ['dump', segment, ...someOptions('dump', made, random), ...someJson(random)];
  }
}

/** Of one that looks at a store. */
function storeCommand({ store, made }: Places, random: Random): string[] {
  const name = random.pick(['log', 'log', 'export', 'tasks', 'ls', 'status']);
  return [name, store, ...(random.chance(0.5) ? [] : someOptions(name, made, random)), ...someJson(random)];
}

/** Anything. */
function anyCommandLine(places: Places, random: Random): string[] {
  const command = random.pick(COMMANDS);
  const args = [
    command.name,
    ...command.arguments
      .slice(random.below(2) * random.below(2))
      .map(() => somePath(command, places, random)),
    ...someOptions(command.name, places.made, random),
    ...someJson(random),
  ];
  for (let n = random.below(3); n > 0; n--) {
    const at = random.below(args.length + 1);
    // What is put in front of a path could take its place, or make it one to write to.
    if (args[at - 1]?.startsWith('-')) continue;
    args.splice(at, random.below(2), random.pick([...VALUES, '--help', '--no-such', '-x', '--json=1', '-h']));
  }
  return args;
}

function someJson(random: Random): string[] {
  return random.chance(0.5) ? ['--json'] : [];
}

function someOptions(name: string, made: string, random: Random): string[] {
  const command = COMMANDS.find((one) => one.name === name)!;
  const options = optionsOf(command).filter(({ flags }) => !ENDLESS.includes(flags) && flags !== '--json');
  const some = options.filter(() => random.chance(0.25));
  return some.flatMap(({ flags }) => {
    const flag = flags.split(/[ ,]+/).find((one) => one.startsWith('--'))!;
    if (!flags.includes('<')) return [flag];
    return [flag, flag === '--out' ? join(made, 'out') : random.pick(VALUES)];
  });
}

function somePath({ name, changes }: CommandDefinition, places: Places, random: Random): string {
  const { segment, store, directory } = places;
  const paths = ['/nowhere/at/all', '/dev/null', directory, '', 'a\u0000b', '/proc/self/mem'];
  if (name !== 'backup' && changes !== true) paths.push(segment, segment);
  if (!NOT_ON_STORES.includes(name)) paths.push(store, store, store);
  return random.pick(paths);
}
