/**
 * Reads all there is of a store and holds it against itself: every record of every segment, every row, and whether what has
 * become rows is there. Others may write meanwhile.
 */
import { basename } from 'node:path';
import { RowCheck } from '../db/row-check.js';
import { formatId } from '../entry-id.js';
import { AgentLogError } from '../errors.js';
import type { Disk } from '../segment/disk.js';
import { decodeTexts, encodedTexts } from '../segment/entry-payload.js';
import { RECORD_TYPE } from '../segment/layout.js';
import type { SegmentRecord } from '../segment/record.js';
import { listSegments } from '../segment/segment-list.js';
import { segmentIdOf } from '../segment/segment-name.js';
import { SegmentReading, type Source } from '../segment/segment-reading.js';
import { runSync } from '../segment/steps.js';
import { databasePath, type StorePaths } from '../segment/store-directory.js';
import { survey } from '../segment/survey.js';
import type { VerifyProblem, VerifyProgress, VerifyResult } from './api.js';
import { isDatabaseLost } from './lost-database.js';

/** That are told; all are counted. */
const MOST_PROBLEMS = 1000;

export async function verify(
  disk: Disk,
  paths: StorePaths,
  onProgress: (progress: VerifyProgress) => void,
): Promise<VerifyResult> {
  const problems: VerifyProblem[] = [];
  let count = 0;
  const tell = (problem: VerifyProblem) => {
    count++;
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  };
  // The rows first: as long as their state is held, no segment is let go of that became rows later.
  const check = RowCheck.open(databasePath(paths), tell);
  try {
    const rowsTotal = check?.count() ?? 0;
    const ledger = check?.ledger();
    if (isDatabaseLost(disk, paths, databasePath(paths)))
      tell({ kind: 'database', where: databasePath(paths), what: 'is gone, and there were rows in it' });
    const { sources, problems: unread } = await survey(disk, paths, [paths.archive]);
    for (const error of unread) tell({ kind: 'segment', where: paths.segments, what: error.message });
    const reading = new Readings(disk, check, tell);
    let bytes = 0;
    for (const [i, source] of sources.entries()) {
      const known = ledger?.get(segmentIdOf(source.name));
      bytes += await reading.read(source, known);
      if (known === undefined && isIn(paths.archive, source) && ledger !== undefined)
        tell({
          kind: 'ledger',
          where: source.path,
          what: 'was let go of, and the database does not know it',
        });
      onProgress({ rows: 0, rowsTotal, segments: i + 1, segmentsLeft: sources.length - i - 1 });
    }
    let rows = 0;
    for (rows of check?.run() ?? [])
      onProgress({ rows, rowsTotal, segments: sources.length, segmentsLeft: 0 });
    const quarantined = runSync(disk, listSegments(paths.quarantine)).length;
    const segments = sources.length;
    return { ok: count === 0, rows, segments, bytes, quarantined, problems, problemCount: count };
  } finally {
    check?.close();
  }
}

class Readings {
  readonly #disk: Disk;
  readonly #check: RowCheck | undefined;
  readonly #tell: (problem: VerifyProblem) => void;

  constructor(disk: Disk, check: RowCheck | undefined, tell: (problem: VerifyProblem) => void) {
    this.#disk = disk;
    this.#check = check;
    this.#tell = tell;
  }

  /** `known`: how many entries of it have become rows, if they have. Returns its size. */
  async read(source: Source, known: number | undefined): Promise<number> {
    try {
      return await this.#read(source, known);
    } catch (error) {
      if (!(error instanceof AgentLogError)) throw error;
      this.#tell({ kind: 'segment', where: source.path, what: error.message });
      return 0;
    }
  }

  async #read(source: Source, known: number | undefined): Promise<number> {
    const reading = await SegmentReading.begin(this.#disk, source);
    // It was let go of, or evicted, meanwhile.
    if (reading === undefined) return 0;
    try {
      for (let items = await reading.next(); items !== undefined; items = await reading.next()) {
        if (known === undefined) continue;
        for (const item of items) if (item.kind === 'record') this.#entry(source, item);
      }
      const { kind, reason, entries } = reading.verdict!;
      const { path } = reading.source;
      if (kind === 'damaged' || kind === 'unreadable' || kind === 'unsupported')
        this.#tell({ kind: 'segment', where: path, what: reason });
      else if (known !== undefined && known !== entries)
        this.#tell({
          kind: 'ledger',
          where: path,
          what: `has ${entries} entries, and ${known} when it became rows`,
        });
      return (await this.#disk.call('fstat', reading.fd)).size;
    } finally {
      await reading.close();
    }
  }

  #entry(source: Source, record: SegmentRecord): void {
    if (record.type !== RECORD_TYPE.entry) return;
    const { bytes, payloadStart, payloadEnd, idHigh, idLow } = record;
    const texts = decodeTexts(bytes, payloadStart, payloadEnd);
    if (texts === undefined) return;
    const utf8 = encodedTexts(bytes, payloadStart, payloadEnd);
    const what = this.#check?.problemOf({ idHigh, idLow, utf8, ...texts });
    if (what === undefined) return;
    this.#tell({
      kind: what === 'has no row' ? 'missing row' : 'row',
      where: formatId(idHigh, idLow),
      what: `the entry in ${basename(source.path)} ${what}`,
    });
  }
}

function isIn(directory: string, { path }: Source): boolean {
  return path.startsWith(`${directory}/`);
}
