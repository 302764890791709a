/** What somebody should know or do about a store, the worst first. */
import { basename } from 'node:path';
import type { HealEvent } from '../../../src/events.js';
import { bytes, counted, duration } from '../output/numbers.js';
import type { DatabaseLook, DatabaseState } from '../store/database-look.js';
import type { DatabaseFacts } from './database-facts.js';
import type { Entries } from './entries.js';
import { bytesOf, type Sized, type StoreFiles } from './files.js';
import type { Leader, Writer } from './participants.js';

export interface Attention {
  readonly what: string;
  readonly todo: string;
  /** Something that was written is not there any more, or not as it was written. */
  readonly isDamage: boolean;
}

export interface Seen {
  /** As the user wrote it. */
  readonly path: string;
  readonly files: StoreFiles;
  readonly look: DatabaseLook<DatabaseFacts>;
  readonly entries: Entries;
  readonly leader: Leader | null;
  readonly writers: readonly Writer[];
  readonly now: number;
}

/** Entries become rows after a minute and a half. */
const LATE_MS = 5 * 60_000;
const MUCH_BYTES = 1024 ** 3;
const LONG_WAL_BYTES = 512 * 1024 ** 2;

export function attentionTo(seen: Seen): Attention[] {
  const all = [
    ...ofDatabase(seen),
    ...ofSegments(seen),
    ...ofHealing(seen),
    ...ofMarks(seen),
    ...ofBacklog(seen),
    ...ofLog(seen),
  ];
  return [...all.filter(({ isDamage }) => isDamage), ...all.filter(({ isDamage }) => !isDamage)];
}

const damage = (what: string, todo: string): Attention => ({ what, todo, isDamage: true });
const notice = (what: string, todo: string): Attention => ({ what, todo, isDamage: false });

function ofDatabase({ path, look, leader }: Seen): Attention[] {
  const { state, problem } = look;
  const says = state === 'locked' ? ABOUT_DATABASE.locked : `${ABOUT_DATABASE[state]}: ${problem}`;
  const rebuild =
    leader === null
      ? `agentlog rebuild ${path} makes it anew from its rows and the segments that are there; so does whoever opens the store to write`
      : `process ${leader.pid ?? 'that leads'} makes it anew by itself as soon as it comes across it; agentlog rebuild ${path} has it done now`;
  switch (state) {
    case 'well':
    case 'none':
      return [];
    case 'damaged':
    case 'gone':
      return [damage(says, `${rebuild}. What is logged meanwhile is safe in segments`)];
    case 'locked':
      return [
        notice(says, 'end the program that keeps it locked; what is logged meanwhile is safe in segments'),
      ];
    case 'newer':
      return [notice(says, 'look at this store with the agentlog that its programs use')];
    case 'unreadable':
      return [notice(says, 'see whether this user may read it, and whether the disk is well')];
  }
}

const ABOUT_DATABASE: Readonly<Record<DatabaseState, string>> = {
  well: '',
  none: '',
  damaged: 'The database is damaged',
  gone: 'The database is gone',
  locked: 'Another program keeps the database locked',
  newer: 'The database is of a newer agentlog',
  unreadable: 'The database cannot be read',
};

function ofSegments({ path, files, look, entries }: Seen): Attention[] {
  const waiting = entries.damages.map(({ segment, reason }) =>
    damage(`${segment}: ${reason}`, `agentlog inspect ${segment} shows what is lost; all else in it is read`),
  );
  const { quarantined } = files.segments;
  const reasons = new Map(look.answer?.damages.map(({ name, reason }) => [name, reason]));
  const kept = quarantined.map((segment) => {
    const reason = reasons.get(basename(segment.path)) ?? 'was found damaged when it became rows';
    const todo = `what could be read is in the database; agentlog inspect ${segment.path} shows what is lost. This is said until the file is moved away`;
    return damage(`${segment.path}: ${reason}`, todo);
  });
  const unread = entries.problems.map((message) =>
    notice(message, `agentlog verify ${path} reads everything and says what cannot be read`),
  );
  return [...waiting, ...kept, ...unread];
}

function ofHealing({ files, look }: Seen): Attention[] {
  const healed = look.answer?.healed;
  // Who moves the old one away has seen it.
  if (healed?.wasDamaged !== true || files.keptDatabases.length === 0) return [];
  const { missing, kept } = healed;
  if (missing === 0) return [];
  // Its directory is that of the store as it was called then.
  const isIt = ({ path }: Sized) => basename(path) === basename(kept ?? '');
  const old = files.keptDatabases.find(isIt) ?? files.keptDatabases[0]!;
  return [
    notice(
      `The database was damaged (${healed.reason}) and made anew; ${lostBy(healed)}`,
      `the old one is ${old.path}; this is said until it is moved away`,
    ),
  ];
}

function lostBy({ missing, deletedMayBeBack }: HealEvent): string {
  const lost =
    missing === null
      ? 'nobody knows how many entries are missing'
      : `${counted(missing, 'entry', 'entries')} ${missing === 1 ? 'is' : 'are'} missing`;
  return deletedMayBeBack ? `${lost}, and entries may be back that were deleted` : lost;
}

function ofMarks({ path, files, leader, look }: Seen): Attention[] {
  const who =
    leader === null
      ? `whoever opens the store to write does it, or agentlog compact ${path}`
      : `process ${leader.pid ?? 'that leads'} does it`;
  const all: Attention[] = [];
  if (files.isToBeReplaced)
    all.push(notice('A database that was made anew waits to take the place of the old one', who));
  else if (files.isBeingMade)
    all.push(
      leader === null
        ? notice('The database was being made anew when the process that did it ended', who)
        : notice('The database is being made anew', 'wait until it is done; others read and write meanwhile'),
    );
  else if (files.isToBeRebuilt)
    all.push(notice('The database is to be made anew, as somebody asked for', who));
  if (files.isSuspect && look.state === 'well')
    all.push(notice('Somebody came across an error in the database; it is to be checked', who));
  return all;
}

function ofBacklog({ path, files, look, leader, writers, now }: Seen): Attention[] {
  // Why they wait, or why nobody can say whether they do, is known.
  if (look.state !== 'well' && look.state !== 'none') return [];
  const { waiting } = files.segments;
  if (waiting.length === 0) return [];
  const size = bytesOf(waiting);
  const what = `${counted(waiting.length, 'segment')} (${bytes(size)})`;
  const nobody = leader === null && !writers.some(({ alive }) => alive);
  if (nobody)
    return [
      notice(
        `Nobody has the store open, and ${what} ${waiting.length === 1 ? 'waits' : 'wait'} to become rows`,
        `nothing is lost, and all is read; agentlog compact ${path} brings it into the database`,
      ),
    ];
  const since = waiting.reduce((first, { changedAt }) => Math.min(first, changedAt), now);
  if (size < MUCH_BYTES && now - since < LATE_MS) return [];
  const todo =
    leader === null
      ? `writers that were opened with compact: false leave it to others; agentlog compact ${path} does it now`
      : `see the warnings of process ${leader.pid ?? 'that leads'}, AGENTLOG_COMPACTION or AGENTLOG_READER_PINNED`;
  return [notice(`${what} have waited for up to ${duration(now - since)}, and reads become slow`, todo)];
}

function ofLog({ files: { wal } }: Seen): Attention[] {
  if (wal === undefined || wal.bytes < LONG_WAL_BYTES) return [];
  return [
    notice(
      `The database's log has grown to ${bytes(wal.bytes)}`,
      'some program keeps a read transaction open for long; the warning AGENTLOG_READER_PINNED names it',
    ),
  ];
}
