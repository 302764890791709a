/** Commands for a store as a whole: how it is, and its operations by hand. */
import { parseCount, parseTime } from '../arguments.js';
import type { CommandDefinition, OptionDefinition } from '../definition.js';

const STORE = { name: 'STORE', about: 'the directory of a store' };

const YES: OptionDefinition = { flags: '-y, --yes', about: 'do not ask; needed where nobody can answer' };

export const STATUS: CommandDefinition = {
  name: 'status',
  arguments: [STORE],
  summary: 'how a store is, on one screen (also: agentlog STORE)',
  about:
    'Entries, tasks, rate, segments by state, what waits, database, who leads and who writes, the last round, health, and what needs attention with what to do. Exits with 3 when something is damaged.',
  options: [],
  examples: [
    ['agentlog .fusion/log', 'the same as agentlog status .fusion/log'],
    ['watch -c agentlog status .fusion/log', 'as it goes'],
  ],
  json: `{ path: string; storeId: string; entries: number | null; tasks: number | null; firstTimestamp: number | null; lastTimestamp: number | null; isComplete: boolean; rate: { from: number; to: number; entries: number[] } | null; segments: { live: number; waiting: number; archived: number; quarantined: number }; bytes: { live: number; waiting: number; archived: number; quarantined: number; database: number; wal: number }; backlog: { segments: number; bytes: number; since: number | null }; leader: { pid: number | null } | null; writers: { slot: number; pid: number | null; alive: boolean }[]; database: 'well' | 'none' | 'gone' | 'damaged' | 'locked' | 'newer' | 'unreadable'; lastRound: number | null; lastCheckpoint: number | null; healed: { at: number | null; reason: string; missing: number | null } | null; fullText: boolean | null; health: 'well' | 'attention' | 'damaged'; attention: { what: string; todo: string }[] }`,
  load: () => import('../commands/status.js'),
};

export const COMPACT: CommandDefinition = {
  name: 'compact',
  arguments: [STORE],
  summary: 'bring what waits into the database now',
  about:
    'Segments that are sealed, or whose writers have ended. Those of living writers are left to them, which takes a minute and a half at most. A database that is damaged is made anew on the way, and that is told.',
  options: [YES],
  examples: [['agentlog compact .fusion/log --yes', 'before a query with agentlog sql']],
  json: '{ segments: number; bytes: number; entries: number | null }',
  changes: true,
  load: () => import('../commands/compact.js'),
};

export const PRUNE: CommandDefinition = {
  name: 'prune',
  arguments: [STORE],
  summary: 'delete old entries for good',
  about:
    'Says how many of how many, and asks. With both options, what either says. Reading obeys at once; new rows take the space first, and the file shrinks when much of it is free.',
  options: [
    { flags: '--before <time>', about: 'those from before this time: 30d, 2w, or a date', parse: parseTime },
    { flags: '--keep-per-task <number>', about: 'all but the last so many of each task', parse: parseCount },
    YES,
  ],
  examples: [
    ['agentlog prune .fusion/log --before 30d', 'what is older than thirty days'],
    ['agentlog prune .fusion/log --keep-per-task 1000 --yes', 'in a script'],
  ],
  json: '{ entriesBefore: number; entries: number }',
  changes: true,
  load: () => import('../commands/prune.js'),
};

export const BACKUP: CommandDefinition = {
  name: 'backup',
  arguments: [STORE, { name: 'DIRECTORY', about: 'where the copy is made; must not be there, or be empty' }],
  summary: 'copy a store that is in use',
  about:
    'What was acknowledged when it begins is in the copy: the database and the segments that wait, and nothing of archive/ or quarantine/.',
  options: [],
  examples: [['agentlog backup .fusion/log /backups/log-2026-06-01', 'a whole store, ready to be opened']],
  json: '{ segments: number; bytes: number }',
  load: () => import('../commands/backup.js'),
};

export const REBUILD: CommandDefinition = {
  name: 'rebuild',
  arguments: [STORE],
  summary: 'make the database anew from all that can be read',
  about:
    'From every row that is what was written, and from the segments that are still there. The old database is kept in quarantine/.',
  options: [YES],
  examples: [['agentlog rebuild .fusion/log', 'when verify finds damage']],
  json: '{ wasDamaged: boolean; reason: string; rows: number; replayed: number; missing: number | null; deletedMayBeBack: boolean; kept: string | null; milliseconds: number }',
  changes: true,
  load: () => import('../commands/rebuild.js'),
};
