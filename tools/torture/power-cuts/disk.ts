/**
 * The disk behind a recording: what of each file and directory is certain to stay at a moment, and what may be there or not
 * if the power goes then.
 *
 * The rules are as harsh as POSIX allows. Of each file, any of the writes since its last sync are there, whole, in any of their
 * sectors, or up to the middle of one; its size is any that it had since, and what lies within it and was not written is
 * zero. What was written after a file was cut short is there only if that is. Of each directory, any of the changes since its
 * last sync are there. A rename within a directory is one change. A rename from one directory to another is a change of each:
 * the file may be seen in both or in neither, until they are synced.
 */
import type { Random } from '../random.js';
import type { Event } from './recording.js';

const SECTOR = 512;

type FileChange = { readonly position: number; readonly bytes: Buffer } | { readonly size: number };

/** A name and the inode that it leads to from then on; undefined when there is no such name any more. */
type NameChange = readonly (readonly [name: string, inode: number | undefined])[];

class FileNode {
  content: Buffer = Buffer.alloc(0);
  unsynced: FileChange[] = [];

  sync(): void {
    if (this.unsynced.length === 0) return;
    this.content = applied(this.content, this.unsynced);
    this.unsynced = [];
  }
}

class DirectoryNode {
  readonly synced = new Map<string, number>();
  readonly present = new Map<string, number>();
  unsynced: NameChange[] = [];

  change(change: NameChange): void {
    this.unsynced.push(change);
    apply(this.present, change);
  }

  sync(): void {
    for (const change of this.unsynced) apply(this.synced, change);
    this.unsynced = [];
  }
}

/** What is found after a power cut: by path, a file's content, or undefined for a directory; those above come first. */
export interface Remains {
  readonly path: string;
  readonly inode: number;
  readonly content: Buffer | undefined;
}

export class RecordedDisk {
  readonly #root: number;
  readonly #files = new Map<number, FileNode>();
  readonly #directories = new Map<number, DirectoryNode>();

  /** `before`: what was there when the recording began; the first of it is the root. */
  constructor(before: readonly Remains[]) {
    this.#root = before[0]!.inode;
    const inodes = new Map(before.map(({ path, inode }) => [path, inode]));
    for (const { path, inode, content } of before) {
      if (content === undefined) this.#directories.set(inode, new DirectoryNode());
      else Object.assign(this.#fileOf(inode), { content });
      if (inode === this.#root) continue;
      const cut = path.lastIndexOf('/');
      const above = this.#directoryOf(inodes.get(path.slice(0, Math.max(cut, 0)))!);
      above.change([[path.slice(cut + 1), inode]]);
      above.sync();
    }
  }

  happens(event: Event): void {
    switch (event.kind) {
      case 'mkdir':
        this.#directories.set(event.inode, new DirectoryNode());
        this.#directoryOf(event.directory).change([[event.name, event.inode]]);
        break;
      case 'create':
      case 'link':
        this.#directoryOf(event.directory).change([[event.name, event.inode]]);
        break;
      case 'remove':
        this.#directoryOf(event.directory).change([[event.name, undefined]]);
        break;
      case 'rename':
        this.#rename(event);
        break;
      case 'write':
        this.#fileOf(event.inode).unsynced.push(event);
        break;
      case 'resize':
        this.#fileOf(event.inode).unsynced.push(event);
        break;
      case 'sync':
        (this.#directories.get(event.inode) ?? this.#fileOf(event.inode)).sync();
        break;
      case 'mark':
        break;
    }
  }

  /** One of the states that may be found if the power goes now. */
  afterPowerCut(random: Random): Remains[] {
    const keeping = random.pick(KEEPING);
    const contents = new Map<number, Buffer>();
    const found: Remains[] = [];
    const visit = (path: string, inode: number) => {
      const directory = this.#directories.get(inode);
      if (directory === undefined) {
        const file = this.#fileOf(inode);
        const content = contents.get(inode) ?? remainsOf(file, keeping(random), random);
        contents.set(inode, content);
        found.push({ path, inode, content });
        return;
      }
      found.push({ path, inode, content: undefined });
      const names = new Map(directory.synced);
      const part = keeping(random);
      for (const change of directory.unsynced) if (random.chance(part)) apply(names, change);
      for (const [name, child] of names) visit(path === '' ? name : `${path}/${name}`, child);
    };
    visit('', this.#root);
    return found;
  }

  #rename({ directory, name, target, newName }: Event & { readonly kind: 'rename' }): void {
    const from = this.#directoryOf(directory);
    const inode = from.present.get(name);
    if (inode === undefined) throw new Error(`the recording renames ${name}, which is not there`);
    const leaves = [name, undefined] as const;
    const arrives = [newName, inode] as const;
    if (directory === target) {
      // Two names of one file stay what they are.
      if (from.present.get(newName) !== inode) from.change([leaves, arrives]);
      return;
    }
    if (this.#directoryOf(target).present.get(newName) === inode) return;
    from.change([leaves]);
    this.#directoryOf(target).change([arrives]);
  }

  #directoryOf(inode: number): DirectoryNode {
    const directory = this.#directories.get(inode);
    if (directory === undefined) throw new Error(`the recording has no directory ${inode}`);
    return directory;
  }

  #fileOf(inode: number): FileNode {
    const known = this.#files.get(inode);
    if (known !== undefined) return known;
    const file = new FileNode();
    this.#files.set(inode, file);
    return file;
  }
}

/** How likely each single change of a file or directory is to be kept. */
const KEEPING: readonly ((random: Random) => number)[] = [
  () => 0,
  () => 0,
  () => 1,
  (random) => random.pick([0, 1]),
  (random) => random.pick([0, 0.2, 0.5, 0.8, 1]),
  (random) => random.pick([0, 0.2, 0.5, 0.8, 1]),
  () => 0.5,
  () => 0.95,
];

function apply(names: Map<string, number>, change: NameChange): void {
  for (const [name, inode] of change) {
    if (inode === undefined) names.delete(name);
    else names.set(name, inode);
  }
}

function isWrite(change: FileChange): change is Extract<FileChange, { readonly bytes: Buffer }> {
  return 'bytes' in change;
}

function applied(content: Buffer, changes: readonly FileChange[]): Buffer {
  let size = content.length;
  let most = size;
  for (const change of changes) {
    size = isWrite(change) ? Math.max(size, change.position + change.bytes.length) : change.size;
    most = Math.max(most, size);
  }
  const result = Buffer.alloc(most);
  content.copy(result);
  let end = content.length;
  for (const change of changes) {
    if (isWrite(change)) {
      change.bytes.copy(result, change.position);
      end = Math.max(end, change.position + change.bytes.length);
    } else {
      if (change.size < end) result.fill(0, change.size, end);
      end = change.size;
    }
  }
  return result.subarray(0, size);
}

/** The synced content, and each change since with the likelihood `part`. */
function remainsOf({ content, unsynced }: FileNode, part: number, random: Random): Buffer {
  if (unsynced.length === 0) return content;
  if (part === 1) return applied(content, unsynced);
  // Sizes come in their order: up to some change, they are those that the file had.
  const sized = random.chance(part) ? unsynced.length : random.below(part === 0 ? 1 : unsynced.length + 1);
  const isTearing = random.chance(0.5);
  const kept: FileChange[] = [];
  let size = content.length;
  for (const [i, change] of unsynced.entries()) {
    if (i < sized)
      size = isWrite(change) ? Math.max(size, change.position + change.bytes.length) : change.size;
    if (!isWrite(change)) {
      if (i >= sized) {
        if (change.size < size) break;
        continue;
      }
      kept.push(change);
    } else if (random.chance(part)) kept.push(...(isTearing ? torn(change, random) : [change]));
  }
  const result = Buffer.alloc(size);
  applied(content, kept).copy(result);
  return result;
}

/** Some of the sectors of a write, of which the first and the last may have only a part. */
function torn(
  { position, bytes }: Extract<FileChange, { readonly bytes: Buffer }>,
  random: Random,
): FileChange[] {
  if (random.chance(0.5)) return [{ position, bytes }];
  const pieces: FileChange[] = [];
  const [from, to] = [random.below(bytes.length + 1), random.below(bytes.length + 1)].sort((a, b) => a - b);
  const isHole = random.chance(0.5);
  const add = (start: number, end: number) => {
    if (end > start) pieces.push({ position: position + start, bytes: bytes.subarray(start, end) });
  };
  if (isHole) {
    add(0, from!);
    add(to!, bytes.length);
  } else add(from!, to!);
  return pieces.flatMap((piece) => (isWrite(piece) ? someSectors(piece, random) : []));
}

function someSectors(
  { position, bytes }: Extract<FileChange, { readonly bytes: Buffer }>,
  random: Random,
): FileChange[] {
  if (bytes.length <= SECTOR || random.chance(0.5)) return [{ position, bytes }];
  const pieces: FileChange[] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = Math.min(bytes.length, at + SECTOR - ((position + at) % SECTOR));
    if (random.chance(0.5)) pieces.push({ position: position + at, bytes: bytes.subarray(at, next) });
    at = next;
  }
  return pieces;
}
