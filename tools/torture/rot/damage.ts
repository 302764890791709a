/** One way in which a file of a store rots, drawn for a case and done to its files. */
import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../random.js';

/** What a file is to the store. */
type Part =
  | 'manifest'
  | 'database'
  | 'log of the database'
  | 'index of the log'
  | 'waiting segment'
  | 'archive'
  | 'quarantine'
  | 'ceiling'
  | 'lock';

export interface Damage {
  /** From the store's directory. */
  readonly file: string;
  readonly part: Part;
  readonly how: string;
}

/** How often each is chosen, among those that the store has. */
const WEIGHTS: readonly (readonly [Part, number])[] = [
  ['database', 30],
  ['waiting segment', 30],
  ['log of the database', 12],
  ['archive', 6],
  ['ceiling', 6],
  ['manifest', 5],
  ['quarantine', 4],
  ['index of the log', 4],
  ['lock', 3],
];

const PAGE = 4096;
const SECTOR = 512;

/** Changes the bytes, or leaves nothing of them. */
const WAYS: Readonly<Record<string, (bytes: Buffer, random: Random) => Buffer | undefined>> = {
  'a bit'(bytes, random) {
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    return bytes;
  },
  'a byte'(bytes, random) {
    bytes[random.below(bytes.length)]! ^= random.between(1, 255);
    return bytes;
  },
  'a sector zeroed': (bytes, random) => zeroed(bytes, random, SECTOR),
  'a block zeroed': (bytes, random) => zeroed(bytes, random, PAGE),
  'two blocks swapped'(bytes, random) {
    const blocks = Math.ceil(bytes.length / PAGE);
    const [a, b] = [random.below(blocks) * PAGE, random.below(blocks) * PAGE];
    const was = Buffer.from(bytes);
    was.copy(bytes, a, b, b + PAGE);
    was.copy(bytes, b, a, a + PAGE);
    return bytes;
  },
  truncated: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  emptied: (bytes) => bytes.subarray(0, 0),
  removed: () => undefined,
};

/** Most draws are of what can happen in most places. */
const CHOICE = [
  'a bit',
  'a bit',
  'a bit',
  'a byte',
  'a byte',
  'a sector zeroed',
  'a sector zeroed',
  'a block zeroed',
  'two blocks swapped',
  'truncated',
  'truncated',
  'emptied',
  'removed',
];

function zeroed(bytes: Buffer, random: Random, size: number): Buffer {
  const at = random.below(Math.ceil(bytes.length / size)) * size;
  return bytes.fill(0, at, Math.min(bytes.length, at + size));
}

/** Does it to one file, sometimes to two; says what was done. */
export function damageStore(store: string, random: Random): Damage[] {
  const damages: Damage[] = [];
  for (let n = random.chance(0.1) ? 2 : 1; n > 0; n--) {
    const files = filesOf(store);
    const there = WEIGHTS.filter(([part]) => files.some((file) => file.part === part));
    const part = random.pick(there.flatMap(([one, weight]) => Array<Part>(weight).fill(one)));
    const { file } = random.pick(files.filter((one) => one.part === part));
    const how = statSync(join(store, file)).size === 0 ? 'removed' : random.pick(CHOICE);
    damageFile(join(store, file), how, random);
    damages.push({ file, part, how });
  }
  return damages;
}

function damageFile(path: string, how: string, random: Random): void {
  const bytes = readFileSync(path);
  // Of a segment that was being written, most is space that nothing stands in yet.
  const used = random.chance(0.9) ? lastNonZero(bytes) + 1 : bytes.length;
  const rotten = WAYS[how]!(bytes.subarray(0, Math.max(1, used)), random);
  if (rotten === undefined) rmSync(path);
  else if (rotten.length < Math.max(1, used)) {
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, rotten.length);
    closeSync(fd);
  } else writeFileSync(path, bytes);
}

function lastNonZero(bytes: Buffer): number {
  let at = bytes.length - 1;
  while (at >= 0 && bytes[at] === 0) at--;
  return at;
}

function filesOf(store: string): { readonly file: string; readonly part: Part }[] {
  const found = readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(store.length + 1))
    .sort();
  return found.map((file) => ({ file, part: partOf(file) }));
}

function partOf(file: string): Part {
  if (file === 'agentlog.json') return 'manifest';
  if (file === 'agent-log.db') return 'database';
  if (file === 'agent-log.db-wal') return 'log of the database';
  if (file === 'agent-log.db-shm') return 'index of the log';
  if (file.startsWith('segments/')) return 'waiting segment';
  if (file.startsWith('archive/')) return 'archive';
  if (file.startsWith('quarantine/')) return 'quarantine';
  return file.startsWith('locks/writer-') ? 'ceiling' : 'lock';
}
