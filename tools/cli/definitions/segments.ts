/** Commands that look at single segments. */
import { parseBound, parseCount, parseOffset } from '../arguments.js';
import type { CommandDefinition } from '../definition.js';

const FILE = {
  name: 'FILE',
  about: 'a segment: a file that ends in .open or .sealed; its store is not needed',
};

const VERDICT = `{ kind: 'live' | 'sealed' | 'cut' | 'recovered' | 'torn' | 'damaged' | 'unreadable' | 'unsupported'; reason: string; records: number; batches: number; entries: number; holes: number; holeBytes: number; tailBytes: number }`;

export const LS: CommandDefinition = {
  name: 'ls',
  arguments: [{ name: 'STORE', about: 'the directory of a store' }],
  summary: 'segments: state, writer, records, time span, verdict',
  about:
    'A name is shown as it begins; the file is NAME-….open or .sealed in segments/, archive/ or quarantine/, and --json has its path. STATE is open with the process that writes to it, left when that has ended, or sealed. Exits with 3 when one is damaged.',
  options: [{ flags: '--all', about: 'those in archive/ and quarantine/, too' }],
  examples: [['agentlog ls .fusion/log --all', 'every segment file there is']],
  json: `{ path: string; place: 'segments' | 'archive' | 'quarantine'; slot: number; state: 'open' | 'sealed'; writer: 'alive' | 'dead' | null; pid: number | null; bytes: number; records: number; batches: number; entries: number; firstTimestamp: number | null; lastTimestamp: number | null; inDatabase: boolean | null; verdict: ${VERDICT} }`,
  load: () => import('../commands/ls.js'),
};

export const INSPECT: CommandDefinition = {
  name: 'inspect',
  arguments: [FILE],
  summary: 'one segment: header, verdict and why, what is in it',
  about:
    'Shows the header, the verdict with its reason, records by type and task, how long they are, when they were written, and how full the file is. Exits with 2 for a torn tail, with 3 for damage.',
  options: [],
  examples: [
    [
      'agentlog inspect "$(ls -t .fusion/log/segments/*.open | head -n 1)"',
      'the segment that was written to last',
    ],
  ],
  json: `{ path: string; bytes: number; header: { version: number; segmentId: string; slot: number; pid: number; baseId: string; created: number; recycled: boolean } | null; writer: 'alive' | 'dead' | 'sealed'; verdict: ${VERDICT}; types: { [record: string]: number }; entries: { [type: string]: number }; tasks: { taskId: string; entries: number; bytes: number }[]; sizes: { upTo: number; records: number }[]; timeline: { from: number; to: number; entries: number[] } | null; fill: { records: number; payload: number; overhead: number; free: number }; holes: { cause: string; offset: number; length: number; lost: string | null }[]; tail: { offset: number; length: number; records: number } | null }`,
  hint: 'one segment at a time',
  load: () => import('../commands/inspect.js'),
};

export const DUMP: CommandDefinition = {
  name: 'dump',
  arguments: [FILE],
  summary: 'the records of a segment, past damage',
  about:
    'One line a record: offset, id, batch, type, task, time, text. What is damaged or torn stands where it is, and does not end the list. --hex names each field of a record, and shows each checksum as stored and as computed. Exits with 3 for damage.',
  options: [
    { flags: '--from <place>', about: 'from this id, time or offset (@4096, 0x1000) on', parse: parseBound },
    { flags: '--to <place>', about: 'up to this id, time or offset', parse: parseBound },
    { flags: '--task <id>', about: 'only entries of this task' },
    {
      flags: '--type <type>',
      about: 'only records of this type (entry, mark, seal, delete, cut), or entries of this type',
    },
    { flags: '--payload', about: 'texts and details in full, below each record' },
    { flags: '--limit <number>', about: 'so many records at most', parse: parseCount },
    { flags: '--hex', about: 'bytes, field by field' },
    { flags: '--at <offset>', about: 'with --hex: only what stands at this offset', parse: parseOffset },
  ],
  examples: [
    ['agentlog dump 0000-0Q….sealed --task FN-042 --payload', 'what a task logged, in full'],
    ['agentlog dump 0000-0Q….open --hex --at 4096', 'a record byte by byte'],
  ],
  json: `{ offset: number; bytes: number; kind: 'record'; record: 'entry' | 'mark' | 'seal' | 'delete' | 'cut' | number; id: string; batch: number; flags: string[]; taskId?: string; type?: string; agent?: string; timestamp?: number; text?: string; detail?: JSON; payload?: object } | { offset: number; bytes: number; kind: 'hole' | 'tail' | 'lost'; cause?: string; lost?: string } | /* with --hex */ { offset: number; bytes: number; kind: 'header' | 'record' | 'bytes'; hex?: string; fields?: { name: string; offset: number; bytes: number; hex: string; value?: string; wrong?: boolean }[] }`,
  hint: 'one segment at a time',
  load: () => import('../commands/dump.js'),
};

export const SALVAGE: CommandDefinition = {
  name: 'salvage',
  arguments: [FILE],
  summary: 'write the good records of a damaged segment into a new one',
  about:
    'FILE is not changed. In the segments directory of a store the new one becomes rows; entries that are rows already stay as they are.',
  options: [{ flags: '--out <directory>', about: 'where the new segment is made' }],
  examples: [['agentlog salvage quarantine/0000-0Q….sealed --out /tmp/saved', 'what can still be read']],
  json: '{ path: string; entries: number; holes: number; bytes: number; reason: string }',
  hint: 'one segment at a time',
  load: () => import('../commands/salvage.js'),
};

export const VERIFY: CommandDefinition = {
  name: 'verify',
  arguments: [{ name: 'STORE|FILE', about: 'the directory of a store, or a segment' }],
  summary: 'read everything and hold it against itself',
  about:
    'Of a store: checksums of segments and rows, the ledger against the files, counters against rows, what SQLite itself finds. Others may write meanwhile; entries do not become rows until it is done. Of a segment: every checksum. Exits with 3 when anything is wrong, with 2 for a segment with a torn tail.',
  options: [],
  examples: [
    ['agentlog verify .fusion/log', 'is everything there, and what was written?'],
    ['agentlog verify .fusion/log --json | jq .problems', 'what is wrong'],
  ],
  json: `/* of a store */ { ok: boolean; rows: number; segments: number; bytes: number; quarantined: number; problemCount: number; problems: { kind: string; where: string; what: string }[] } | /* of a segment */ { path: string; bytes: number; ok: boolean; verdict: ${VERDICT} }`,
  load: () => import('../commands/verify.js'),
};
