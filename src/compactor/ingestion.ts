/** Puts the entries of some segments into the database, in one transaction, in the order of their ids. */
import { basename } from 'node:path';

import type { Deletion } from '../deletion.js';
import type { Destination, Row, SegmentDamage } from '../destination.js';
import type { IdHalves } from '../entry-id.js';
import { decodeDelete } from '../segment/control-payload.js';
import type { Disk } from '../segment/disk.js';
import { decodeTexts, encodedTexts } from '../segment/entry-payload.js';
import { RECORD_TYPE } from '../segment/layout.js';
import type { SegmentRecord } from '../segment/record.js';
import { segmentIdOf } from '../segment/segment-name.js';
import type { Source } from '../segment/segment-reading.js';
import { nextInOrder, type Reader, streamsOf } from '../segment/slot-stream.js';
import type { Verdict } from '../segment/verdict.js';

/** A segment, and what became of what it holds. */
export interface Ingested {
  readonly source: Source;
  readonly verdict: Verdict;
  /** Entries that were not rows before. */
  readonly added: number;
  readonly damage: SegmentDamage | undefined;
}

/** A segment cannot be read at present; it and what its slot holds behind it must wait. */
export class CannotBeRead extends Error {
  readonly source: Source;

  constructor(source: Source, message: string, cause?: unknown) {
    super(message, { cause });
    this.source = source;
  }
}

/** Deletions name more rows than one transaction is to remove. */
export class TooMuchToErase extends Error {
  readonly deletions: readonly Deletion[];

  constructor(deletions: readonly Deletion[]) {
    super('too much to erase in one transaction');
    this.deletions = deletions;
  }
}

const MOST_ERASED = 20_000;

interface Arriving extends Row {
  readonly tally: Tally;
}

class Tally {
  readonly source: Source;
  verdict: Verdict | undefined;
  added = 0;
  unsaved = 0;
  entries = 0;
  first: IdHalves | undefined;
  last: IdHalves | undefined;

  constructor(source: Source) {
    this.source = source;
  }
}

/** How many of them go into one transaction: at least one, and no more bytes than `most` with others. */
export function countUpTo<One>(waiting: readonly One[], most: number, bytesOf: (one: One) => number): number {
  let bytes = 0;
  const first = waiting.findIndex((one) => {
    bytes += bytesOf(one);
    return bytes > most;
  });
  return first === -1 ? waiting.length : Math.max(1, first);
}

/** Reads the segments and commits; if it throws, nothing has changed. `stillThere`: segments whose files are somewhere. */
export async function ingest(
  disk: Disk,
  destination: Destination,
  sources: readonly Source[],
  stillThere: ReadonlySet<string>,
): Promise<Ingested[]> {
  const tallies = new Map(sources.map((source) => [source.path, new Tally(source)]));
  const deletions: Deletion[] = [];
  const streams = streamsOf(disk, sources, readerFor(tallies, deletions));
  try {
    destination.begin();
    for (;;) {
      const rows = await nextInOrder(streams);
      if (rows.length === 0) break;
      for (const row of rows) arrive(destination, row);
    }
    if (eraseUpTo(destination, deletions) < deletions.length) throw new TooMuchToErase(deletions);
    for (const tally of tallies.values()) record(destination, tally);
    destination.forgetAllBut(stillThere);
    destination.commit();
  } catch (error) {
    destination.rollback();
    throw error;
  } finally {
    for (const stream of streams) await stream.close();
  }
  return [...tallies.values()].map((tally) => {
    const { source, verdict, added } = tally;
    return { source, verdict: verdict!, added, damage: damageOf(tally) };
  });
}

/**
 * A part of what deletions name, in a transaction of its own; returns those of which something is left. The others are
 * recorded, so that what they name of the segments at hand does not come in only to be removed.
 */
export function eraseSome(destination: Destination, deletions: readonly Deletion[]): readonly Deletion[] {
  destination.begin();
  try {
    const done = eraseUpTo(destination, deletions);
    destination.commit();
    return deletions.slice(done);
  } catch (error) {
    destination.rollback();
    throw error;
  }
}

/** Carries out one deletion after the other, as far as one transaction goes; returns how many it has done with. */
function eraseUpTo(destination: Destination, deletions: readonly Deletion[]): number {
  let left = MOST_ERASED;
  for (const [i, deletion] of deletions.entries()) {
    left -= destination.erase(deletion, left);
    if (left === 0) return i;
    destination.recordDeletion(deletion);
  }
  return deletions.length;
}

function arrive(destination: Destination, row: Arriving): void {
  const { tally } = row;
  tally.entries++;
  const { idHigh: high, idLow: low } = row;
  tally.first ??= { high, low };
  tally.last = { high, low };
  const arrival = destination.add(row);
  if (arrival === 'new') tally.added++;
  else if (arrival === 'conflict') tally.unsaved++;
}

function readerFor(tallies: ReadonlyMap<string, Tally>, deletions: Deletion[]): Reader<Arriving> {
  return {
    read(record, source) {
      const tally = tallies.get(source.path)!;
      if (record.type === RECORD_TYPE.delete) deletions.push(deletionIn(record, source));
      if (record.type !== RECORD_TYPE.entry) return undefined;
      const texts = decodeTexts(record.bytes, record.payloadStart, record.payloadEnd);
      if (texts === undefined) {
        tally.unsaved++;
        return undefined;
      }
      const { taskId, type, text, agent, detail, timestamp } = texts;
      return {
        tally,
        idHigh: record.idHigh,
        idLow: record.idLow,
        taskId,
        type,
        text,
        agent,
        detail,
        timestamp,
        utf8: encodedTexts(record.bytes, record.payloadStart, record.payloadEnd),
      };
    },
    ended(source, verdict) {
      if (verdict.kind === 'unsupported') throw new CannotBeRead(source, verdict.reason);
      tallies.get(source.path)!.verdict = verdict;
    },
    failed(source, error) {
      throw new CannotBeRead(source, error.message, error);
    },
    missing(source) {
      throw new CannotBeRead(
        source,
        `${source.path} is gone, and nobody but the compactor may have moved it`,
      );
    },
  };
}

function deletionIn(record: SegmentRecord, source: Source): Deletion {
  const deletion = decodeDelete(record.bytes.subarray(record.payloadStart, record.payloadEnd));
  if (deletion !== undefined) return deletion;
  throw new CannotBeRead(
    source,
    `${source.path} has a delete that this agentlog does not understand, at offset ${record.offset}`,
  );
}

function record(destination: Destination, tally: Tally): void {
  const { source, entries, first, last } = tally;
  const ids = first === undefined || last === undefined ? undefined : { first, last };
  const { segmentId, name } = identityOf(source);
  destination.recordSegment({ segmentId, name, slot: source.name.slot, entries, ids });
  const damage = damageOf(tally);
  if (damage !== undefined) destination.recordDamage(damage);
}

function damageOf({ source, verdict, unsaved }: Tally): SegmentDamage | undefined {
  const { kind, holeCount: holes, holeBytes: bytes, reason } = verdict!;
  if (kind !== 'damaged' && kind !== 'unreadable' && unsaved === 0) return undefined;
  const lost = `${unsaved} of its entries could not become rows, because they are no entries or their ids have other rows`;
  return {
    ...identityOf(source),
    holes,
    bytes,
    // Of what cannot be read nobody knows what it holds.
    unsaved: Math.max(unsaved, kind === 'unreadable' ? 1 : 0),
    reason: unsaved === 0 ? reason : `${reason}; ${lost}`,
  };
}

function identityOf({ path, name }: Source) {
  return { segmentId: segmentIdOf(name), name: basename(path) };
}
