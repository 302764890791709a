import { lives, tests } from '../check.js';
import type { Mutant } from '../mutant.js';

const WRITER = 'src/segment/segment-writer.ts';
const SEGMENT = 'src/segment/open-segment.ts';
const OWN = 'src/segment/own-segments.ts';
const STEPS = 'src/segment/steps.ts';

/** From the call of `append` to what stands in a segment. */
export const WRITING: readonly Mutant[] = [
  {
    name: 'batch-not-synced',
    what: 'the fdatasync of a batch is skipped',
    file: WRITER,
    find: "      await this.#disk.call('fdatasync', segment.fd);\n",
    replace: '',
    caughtBy: lives(600),
  },
  {
    name: 'sync-batch-not-synced',
    what: 'the fdatasync of what appendSync writes is skipped',
    file: WRITER,
    find: "  yield* call('fdatasync', fd);\n",
    replace: '',
    caughtBy: lives(600),
  },
  {
    name: 'writer-not-woken',
    what: 'what is given in the moment when the writer comes to its end waits for the next append',
    file: WRITER,
    find: '    if (this.#queue.length > 0) this.#pumping = this.#pump();\n',
    replace: '',
    caughtBy: tests('crash/append-at-any-moment'),
  },
  {
    name: 'acknowledged-before-sync',
    what: 'promises resolve before the fdatasync',
    file: WRITER,
    find: '    segment.busy++;\n    let error: unknown;\n',
    replace: '    segment.busy++;\n    let error: unknown;\n    flight.batch.resolve();\n',
    caughtBy: lives(600),
  },
  {
    name: 'no-mark',
    what: 'promises resolve before a frame of the next batch proves theirs',
    file: WRITER,
    find: 'const error = syncError ?? attempt(() => runSync(this.#disk, this.#prove(segment)));',
    replace: 'const error = syncError;',
    caughtBy: lives(600),
  },
  {
    name: 'mark-before-sync',
    what: 'the mark that proves a batch is written before the sync of the batch',
    file: WRITER,
    find: 'return { batch, segment, offset, number, bytes, cuts, overtaken: false };',
    replace:
      'return { batch, segment, offset, number, bytes: Buffer.concat([bytes, segment.mark()]), cuts, overtaken: false };',
    caughtBy: lives(600),
  },
  {
    name: 'failed-sync-retried',
    what: 'an fdatasync that failed is tried again, and believed',
    file: WRITER,
    find: "      await this.#disk.call('fdatasync', segment.fd);\n",
    replace:
      "      await this.#disk.call('fdatasync', segment.fd).catch(() => this.#disk.call('fdatasync', segment.fd));\n",
    caughtBy: lives(600),
  },
  {
    name: 'failed-sync-ignored',
    what: 'a failure of fdatasync is ignored',
    file: WRITER,
    find: '    } catch (thrown) {\n      error = thrown;\n',
    replace: '    } catch {\n      error = undefined;\n',
    caughtBy: lives(600),
  },
  {
    name: 'one-description',
    what: 'appendSync syncs through the description on which a sync is under way',
    file: WRITER,
    find: 'attempt(() => runSync(this.#disk, writeAndSync(flight, flight.segment.syncFd))),',
    replace: 'attempt(() => runSync(this.#disk, writeAndSync(flight, flight.segment.fd))),',
    caughtBy: lives(600),
  },
  {
    name: 'failure-of-appendSync-untold',
    what: 'appendSync returns although its batch failed',
    file: WRITER,
    find: '    if (batch.failure !== undefined) throw batch.failure;\n',
    replace: '',
    caughtBy: lives(600),
  },
  {
    name: 'group-split',
    what: 'the entries of appendBatch go into a batch each',
    file: WRITER,
    find: '    const batch = this.#collect((collecting) => collecting.addGroup(entries, ids));\n',
    replace: `    const batches = entries.map((entry, i) => {
      const own = new PendingBatch(new BatchEncoder());
      own.add(entry, ids[i]!);
      this.#pendingBytes += own.size;
      this.#queue.push(own);
      return own;
    });
    const batch = batches.at(-1)!;
`,
    caughtBy: lives(600),
  },
  {
    name: 'zeros-under-way',
    what: 'appendSync writes where zeros are on their way to',
    file: WRITER,
    find: '    if (this.#segments.current?.extending) this.#segments.finish(this.#segments.current);\n',
    replace: '',
    caughtBy: lives(600),
  },
  {
    name: 'encoder-recycled-early',
    what: 'the buffer of a batch that appendSync has overtaken is used for the next one at once',
    file: WRITER,
    find: 'attempt(() => runSync(this.#disk, writeAndSync(flight, flight.segment.syncFd))),\n      );\n',
    replace:
      'attempt(() => runSync(this.#disk, writeAndSync(flight, flight.segment.syncFd))),\n      );\n      this.#recycle(flight);\n',
    caughtBy: lives(600),
  },
  {
    name: 'removed-file-not-noticed',
    what: 'entries that go into a removed file are acknowledged',
    file: WRITER,
    find: '    if (nlink === 0) {',
    replace: '    if (nlink < 0) {',
    caughtBy: tests('segment/own-segments', 'after the segments were deleted'),
  },
  {
    name: 'lost-write-untold',
    what: 'flush says nothing of what write had taken and was lost before',
    file: WRITER,
    find: '    if (batch.isAwaitedByFlush) this.#lost ??= reason;\n',
    replace: '',
    caughtBy: tests('crash/corner-cases', 'a flush fails once'),
  },
  {
    name: 'no-cut',
    what: 'of a segment that was given up nobody is told where it ends',
    file: OWN,
    find: '    this.#cuts.push({ cut, segment });\n',
    replace: '',
    caughtBy: lives(600),
  },
  {
    name: 'cut-too-late',
    what: 'a cut leaves the batch that was rejected',
    file: OWN,
    find: 'lastBatch: segment.lastSynced };',
    replace: 'lastBatch: segment.lastSynced + 1 };',
    caughtBy: lives(600),
  },
  {
    name: 'given-up-unlocked',
    what: 'a segment that was given up is unlocked before its cut is on disk',
    file: OWN,
    find: '    if (isToBeCut && (!holdsNothing || segment.cannotBeRemoved)) return;\n',
    replace: '',
    caughtBy: tests('segment/own-segments', 'stays locked until its cut is on disk'),
  },
  {
    name: 'closed-under-a-call',
    what: 'a descriptor is closed while a call on it is under way',
    file: OWN,
    find: 'segment.busy > 0 || segment.released',
    replace: 'segment.released',
    caughtBy: lives(600),
  },
  {
    name: 'segments-out-of-order',
    what: 'a segment made ahead is used behind one of a later base id',
    file: OWN,
    find: 'if (madeSync !== this.#madeSync) this.#discard(segment);\n      else this.#spare = segment;',
    replace: 'this.#spare = segment;',
    caughtBy: lives(600),
  },
  {
    name: 'short-write-ignored',
    what: 'a short write is taken for a whole one',
    file: STEPS,
    find: '  if (written !== bytes.length) {\n',
    replace: '  if (written === 0 && bytes.length > 0) {\n',
    caughtBy: lives(600),
  },
  {
    name: 'short-mark-completed',
    what: 'the rest of a short write is written, and may prove a batch that is rejected',
    file: STEPS,
    find: "    const rest = bytes.length - written - 1;\n    if (rest > 0) yield* call('write', fd, bytes, written + 1, rest, position + written + 1);",
    replace:
      "    const rest = bytes.length - written;\n    if (rest > 0) yield* call('write', fd, bytes, written, rest, position + written);",
    caughtBy: tests('crash/corner-cases', 'whose mark was written in part'),
  },
  {
    name: 'segment-name-not-synced',
    what: 'the directory is not synced when a segment gets its name',
    file: SEGMENT,
    find: '      yield* syncDirectory(directory);\n      return new OpenSegment',
    replace: '      return new OpenSegment',
    caughtBy: lives(600),
  },
  {
    name: 'segment-header-not-synced',
    what: 'a segment gets its name before its header is synced',
    file: SEGMENT,
    find: "      yield* call('fdatasync', fds[0]!);\n",
    replace: '',
    caughtBy: lives(600),
  },
  {
    name: 'segment-not-locked',
    what: 'a segment is not locked while it is written',
    file: SEGMENT,
    find: "if (!(yield* call('flock', fds[0]!)) || (yield*",
    replace: 'if ((yield*',
    caughtBy: lives(600),
  },
  {
    name: 'seal-not-synced',
    what: 'a segment is called sealed before its seal is synced',
    file: SEGMENT,
    find: "      yield* call('fdatasync', this.fd);\n",
    replace: '',
    caughtBy: lives(600),
  },
  {
    name: 'seal-miscounts',
    what: 'a seal counts an entry too many',
    file: SEGMENT,
    find: 'encodeSeal({ records: this.records, entries: this.entries })',
    replace: 'encodeSeal({ records: this.records, entries: this.entries + 1 })',
    caughtBy: lives(600),
  },
];
