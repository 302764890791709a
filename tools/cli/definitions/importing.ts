/** The command that brings logs of other programs into a store. */

import type { CommandDefinition } from '../definition.js';
import { UsageError } from '../errors.js';

/** Without what reads them, which takes a while to load. */
const KINDS = ['fusion-sqlite', 'fusion-jsonl', 'sqlite', 'jsonl'];
const ZONES = ['utc', 'local'];

export const IMPORT: CommandDefinition = {
  name: 'import',
  arguments: [
    {
      name: 'STORE',
      about: 'the directory of a store; one is made where nothing is yet',
      mayBeMade: true,
    },
    { name: 'PATH', about: "a database, a file of JSON lines, or Fusion's directory of tasks" },
  ],
  summary: 'bring logs of other programs into a store, each entry once',
  about:
    'What is there already is gone behind: the same command goes on where a run was ended in any way, and later takes what was added since. The source is only read. Whatever cannot be taken is told with its place, and the exit code is 3 then, when all else was imported. docs/import.md has the mappings.',
  options: [
    { flags: '--from <kind>', about: `what PATH is: ${KINDS.join(', ')}`, parse: oneOf(KINDS) },
    { flags: '--table <name>', about: 'of sqlite: the table' },
    {
      flags: '--map <mapping>',
      about: 'of sqlite and jsonl: taskId=session_id,text=content, or hermes, or crush',
    },
    { flags: '--zone <zone>', about: 'of times that name none: utc or local', parse: oneOf(ZONES) },
  ],
  examples: [
    ['agentlog import .fusion/log .fusion/fusion.db --from fusion-sqlite', "Fusion's table of entries"],
    ['agentlog import .fusion/log .fusion --from fusion-jsonl', "its tasks' agent-log.jsonl"],
    ['agentlog import ./log ~/.hermes/state.db --from sqlite --map hermes', 'the messages of hermes-agent'],
    ['agentlog import ./log .crush/crush.db --from sqlite --map crush', 'the messages of crush'],
    [
      'agentlog import ./log runs.jsonl --from jsonl --map taskId=run,text=message,timestamp=ts',
      'any JSON lines',
    ],
  ],
  json: '{ made: boolean; sources: number; entries: number; entriesBefore: number; skipped: number; skippedBefore: number; milliseconds: number; problemCount: number; problems: { where: string; what: string; entries: number | null }[]; unfinished: string[] }',
  changes: true,
  load: () => import('../commands/import.js'),
};

function oneOf(names: readonly string[]) {
  return (value: string): string => {
    if (names.includes(value)) return value;
    throw new UsageError(`"${value}" is none of ${names.join(', ')}`);
  };
}
