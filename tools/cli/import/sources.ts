/** The sources that a command line names. */
import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { isThere } from '../../../src/db/file-identity.js';
import { printableName } from '../../../src/printable.js';
import { databasePath, manifestPath, pathsOf } from '../../../src/segment/store-directory.js';
import { UsageError } from '../errors.js';
import { unreachable } from '../store/target.js';
import { fusionFiles, statusOf } from './fusion-files.js';
import { JsonLines } from './json-lines.js';
import { FUSION, type Mapping, parseMapping, READY } from './mapping.js';
import type { Source } from './source.js';
import { SqliteTable } from './sqlite-table.js';
import type { Table } from './table.js';
import type { Zone } from './time-value.js';

export interface SourceOptions {
  readonly from?: 'fusion-sqlite' | 'fusion-jsonl' | 'sqlite' | 'jsonl';
  readonly table?: string;
  readonly map?: string;
  readonly zone?: Zone;
}

/** As Fusion has made it, for a database that has lost its schema. */
const FUSION_TABLE: Table = {
  name: 'agentLogEntries',
  rowid: '_rowid_',
  isAutoincrement: true,
  columns: ['id', 'taskId', 'timestamp', 'text', 'type', 'detail', 'agent'].map((name) => ({
    name,
    pk: name === 'id' ? 1 : 0,
    isRequired: !['id', 'detail', 'agent'].includes(name),
    hasDefault: false,
    isText: name !== 'id',
    isRowid: name === 'id',
    isStored: true,
  })),
};

const DATABASE = 'SQLite format 3\0';

export function sourcesAt(
  path: string,
  options: SourceOptions,
  onUnfinished: (where: string) => void,
): Source[] {
  const { from, zone } = options;
  if (from === undefined)
    throw new UsageError('say what it is: --from fusion-sqlite, fusion-jsonl, sqlite or jsonl');
  if (from.startsWith('fusion-') && (options.map ?? options.table) !== undefined)
    throw new UsageError(`--from ${from} knows its fields; --map and --table go with sqlite and jsonl`);
  if (from === 'fusion-jsonl') return fusionFiles(path, { mapping: { ...FUSION, zone }, onUnfinished });
  const status = statusOf(path);
  if (!status.isFile()) throw new UsageError(`${path} is no file`);
  refuseStores(path);
  if (from === 'fusion-sqlite')
    return [new SqliteTable(path, FUSION_TABLE.name, { ...FUSION, zone }, FUSION_TABLE)];
  const mapping: Mapping = { ...parseMapping(options.map), zone };
  if (from === 'jsonl') {
    if (options.table !== undefined) throw new UsageError('--table goes with --from sqlite');
    if (isDatabase(path)) throw new UsageError(`${path} is an SQLite database: --from sqlite reads it`);
    return [new JsonLines(path, status.size, { mapping, onUnfinished })];
  }
  const table = options.table ?? READY[options.map ?? '']?.table;
  if (table === undefined) throw new UsageError('say which table: --table NAME');
  return [new SqliteTable(path, table, mapping)];
}

/** The newest entries of a store are not in its database yet; and into itself it would go without an end. */
function refuseStores(path: string): void {
  const real = realpathSync(path);
  const paths = pathsOf(dirname(real));
  if (real !== databasePath(paths) || !isThere(manifestPath(paths))) return;
  const store = printableName(dirname(path));
  throw new UsageError(
    `${path} is the database of a store, whose newest entries are elsewhere in it: agentlog export ${store} writes all as JSON lines, which --from jsonl reads`,
  );
}

function isDatabase(path: string): boolean {
  const head = Buffer.alloc(DATABASE.length);
  try {
    const fd = openSync(path, 'r');
    try {
      readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw unreachable(path, error);
  }
  return head.toString('latin1') === DATABASE;
}
