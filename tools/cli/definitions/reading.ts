/** Commands that read what agents have logged. */
import { parseCount, parseTime } from '../arguments.js';
import type { CommandDefinition, OptionDefinition } from '../definition.js';

const STORE = { name: 'STORE', about: 'the directory of a store' };

const FILTER: readonly OptionDefinition[] = [
  { flags: '--task <id>', about: 'only entries of this task' },
  { flags: '--type <type>', about: 'only entries of this type; may be given several times', isList: true },
  { flags: '--agent <name>', about: 'only entries of this agent' },
  {
    flags: '--since <time>',
    about: 'only entries from this time on: 90s, 15m, 2h, 3d, 1w (before now), or a date',
    parse: parseTime,
  },
  { flags: '--until <time>', about: 'only entries up to this time', parse: parseTime },
];

const ENTRY = `{ id: string; taskId: string; timestamp: number; type: string; agent?: string; text: string; detail?: JSON }`;

export const LOG: CommandDefinition = {
  name: 'log',
  arguments: [STORE, { name: 'TASK', about: 'only entries of this task', isOptional: true }],
  summary: 'read the log as a person would',
  about:
    'Prints time, task, agent, type and text, the oldest first, through $AGENTLOG_PAGER, $PAGER or less on a terminal. Reads beside those that write. What cannot be read is told on stderr, and all else printed. A pattern that takes long for one text, as (a+)+b may, keeps even Ctrl-C waiting.',
  options: [
    ...FILTER.slice(1),
    { flags: '-n, --lines <number>', about: 'only the last so many entries', parse: parseCount },
    {
      flags: '-f, --follow',
      about: 'the last 10 entries, or -n, then what is logged from now on, until Ctrl-C',
    },
    {
      flags: '--grep <pattern>',
      about: 'only entries in whose text this regular expression is found; lower case finds both cases',
    },
    {
      flags: '--search <words>',
      about:
        'only entries with all of these words (wor* begins one, no regular expression), by the index for searches; the newest 50 unless -n says otherwise',
    },
    { flags: '--details', about: 'details in full, not folded into a line' },
    { flags: '--no-pager', about: 'do not page on a terminal' },
  ],
  examples: [
    ['agentlog log .fusion/log', 'everything, in a pager'],
    ['agentlog log .fusion/log FN-042 -f', 'what an agent does at the moment'],
    ['agentlog log .fusion/log --since 2h --type tool_error', 'which tools failed in the last two hours'],
    ['agentlog log .fusion/log --grep "ENOSPC|EIO" --json | jq .taskId', 'which tasks met a full disk'],
  ],
  json: ENTRY,
  load: () => import('../commands/log.js'),
};

export const TASKS: CommandDefinition = {
  name: 'tasks',
  arguments: [STORE],
  summary: 'tasks with counts, bytes, first and last activity',
  options: [
    {
      flags: '-n, --lines <number>',
      about: 'only the so many tasks with the newest entries',
      parse: parseCount,
    },
  ],
  examples: [
    ['agentlog tasks .fusion/log -n 10', 'what was worked on last'],
    ['agentlog tasks .fusion/log --json | jq -s "max_by(.bytes)"', 'the task with the most text'],
  ],
  json: '{ taskId: string; entries: number; bytes: number; firstTimestamp: number | null; lastTimestamp: number; lastId: string; types: { [type: string]: number } }',
  load: () => import('../commands/tasks.js'),
};

export const SQL: CommandDefinition = {
  name: 'sql',
  arguments: [STORE, { name: 'QUERY', about: 'a statement that reads; docs/database.md has the tables' }],
  summary: 'run a statement that reads over the rows',
  about:
    'Sees what has become rows: entries do so after up to a minute and a half; those whose writers have ended do at once with agentlog compact. log, export and tasks have all. agentlog_id_text(id) makes the id of an entry of a row’s. In JSON, integers beyond 2^53 are strings, as are blobs, in hexadecimal digits.',
  options: [
    {
      flags: '--param <value>',
      about: 'takes the place of a ? in the query; may be given several times',
      isList: true,
    },
  ],
  examples: [
    [
      `agentlog sql .fusion/log 'SELECT type, count(*) FROM agentLogEntries GROUP BY 1'`,
      'what is logged most',
    ],
    [
      `agentlog sql .fusion/log 'SELECT text FROM agentLogEntries WHERE taskId = ?' --param FN-042 --json`,
      'texts of a task',
    ],
  ],
  hint: 'the query is one argument, in quotes',
  json: '{ [column: string]: number | string | null }',
  load: () => import('../commands/sql.js'),
};

export const EXPORT: CommandDefinition = {
  name: 'export',
  arguments: [STORE],
  summary: 'print entries as JSON lines or CSV',
  about:
    'All that match, rows or not. In the order of their ids, in bounded memory; how far it is goes to stderr. CSV is as RFC 4180 has it, in UTF-8, with the columns id, taskId, time (ISO 8601), timestamp (epoch milliseconds), type, agent, text and detail (JSON); no agent and no detail are empty fields, an empty text is "". Texts are as they were logged: a spreadsheet may take one that begins with = for a formula.',
  options: [
    ...FILTER,
    { flags: '--csv', about: 'CSV with a line of names, as spreadsheets read it, instead of JSON lines' },
    {
      flags: '--out <file>',
      about: 'into this file, which must not be there; it is on disk when this ends, and gone if it fails',
    },
  ],
  examples: [
    ['agentlog export .fusion/log --since 1d | gzip > day.jsonl.gz', 'the last day'],
    ['agentlog export .fusion/log --task FN-042 --csv --out fn-042.csv', 'a task for a spreadsheet'],
  ],
  hint: '--task chooses a task',
  json: ENTRY,
  load: () => import('../commands/export.js'),
};
