/**
 * Brings waiting segments into the database, round by round: rows in one transaction, then a checkpoint, and only when
 * nothing depends on the log any more the segments are let go of. Whatever fails on the way, they stay where they are, and
 * the next round finds out what is left to do.
 *
 * It belongs to whoever holds the compactor's lock, and to nobody else.
 */
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { damage, isDamage } from '../db/damage.js';
import type { Destination } from '../destination.js';
import { AgentLogError } from '../errors.js';
import type { DamageEvent, HealEvent } from '../events.js';
import type { Disk } from '../segment/disk.js';
import { hasMark, takeMark } from '../segment/marks.js';
import type { SegmentFile } from '../segment/segment-list.js';
import { segmentIdOf } from '../segment/segment-name.js';
import type { Source } from '../segment/segment-reading.js';
import { runSync, syncDirectory } from '../segment/steps.js';
import type { StorePaths } from '../segment/store-directory.js';
import { survey } from '../segment/survey.js';
import type { Verdict } from '../segment/verdict.js';
import type { RebuildProgress } from './api.js';
import type { Healing } from './healing.js';
import { CannotBeRead, countUpTo, eraseSome, type Ingested, ingest, TooMuchToErase } from './ingestion.js';
import { compareAge, Shelf } from './shelves.js';

/** What a round did. */
export interface Round {
  /** Segments that were let go of. */
  readonly segments: number;
  /** Entries that are rows now and were none before. */
  readonly entries: number;
  /** Bytes of the segments. */
  readonly bytes: number;
  readonly milliseconds: number;
  /** Segments that wait for a round of their own. */
  readonly left: number;
}

/** 'little': what is left is not worth a round. */
export type Goal = 'all' | 'little';

export type CompactorWarning =
  | 'AGENTLOG_READER_PINNED'
  | 'AGENTLOG_SEGMENT_LEFT'
  | 'AGENTLOG_STORAGE'
  | 'AGENTLOG_WAL_KEPT';

export interface CompactorReports {
  round(round: Round): void;
  /** A segment of a dead writer was read to its end. */
  recovered(path: string, verdict: Verdict): void;
  /** What it held that cannot be read, or is at odds with a row. */
  damaged(damage: DamageEvent): void;
  /** Another database is being made, */
  healing(progress: RebuildProgress): void;
  /** and has taken the place of the old one. */
  healed(event: HealEvent): void;
  warning(code: CompactorWarning, message: string, cause?: unknown): void;
}

interface CompactorOptions {
  readonly disk: Disk;
  readonly paths: StorePaths;
  readonly open: () => Destination;
  /** For a destination that can be made anew. */
  readonly healing?: Healing;
  /** Segments of so many bytes go into one transaction. */
  readonly roundBytes: number;
  readonly archiveBytes: number;
  readonly reports: CompactorReports;
  /** The database lacks something that opening it would make; asked when all is to be brought in, even if nothing waits. */
  readonly mustBeOpened?: () => boolean;
  /** Milliseconds after a full checkpoint, for readers that began before it to come to their end. */
  readonly pause?: number;
}

const QUARANTINE_BYTES = 256 * 1024 * 1024;
/**
 * A reader that began before the checkpoint makes the next transaction add to the log instead of beginning it anew;
 * with readers that overlap each other the log would grow for good.
 */
const PAUSE_MS = 25;
/** Between two attempts at a full checkpoint. */
const LEAST_WAIT_MS = 5;
const MOST_WAIT_MS = 250;
/** A reader that holds a checkpoint up for so long is told of. */
const PATIENCE_MS = 1000;
/** How long whoever closes a store waits for readers. */
const LAST_PATIENCE_MS = 500;

interface Sized {
  readonly source: Source;
  readonly bytes: number;
}

interface Waiting {
  /** What can be ingested, the oldest first. */
  readonly ready: readonly Sized[];
  /** The ids of all segments. */
  readonly all: readonly string[];
}

/** The compactor was asked to end while it waited. */
class Stopped extends Error {}

export class Compactor {
  readonly #options: CompactorOptions;
  readonly #archive: Shelf;
  readonly #quarantine: Shelf;
  #destination: Destination | undefined;
  #isEnding = false;
  #isFirstRound = true;
  /** The destination has said that something is wrong with it. */
  #isSuspect = false;
  /** Paths of segments that a drain could not read. */
  readonly #leftOut = new Set<string>();

  constructor(options: CompactorOptions) {
    this.#options = options;
    const { disk, paths, archiveBytes } = options;
    this.#archive = new Shelf(disk, paths.archive, archiveBytes, (file) => this.#maySpeakOfKept(file));
    this.#quarantine = new Shelf(
      disk,
      paths.quarantine,
      QUARANTINE_BYTES,
      // What is not in the database, or not all of it, is nowhere else.
      (file) =>
        this.#destination?.damageOf(segmentIdOf(file.name))?.unsaved !== 0 || this.#maySpeakOfKept(file),
    );
  }

  /**
   * Rounds until all that waits now is in the database, or until little waits, or until `finish`. Returns how many
   * segments had to be left out.
   */
  async drain(goal: Goal): Promise<number> {
    for (let isAgain = false; ; isAgain = true) {
      try {
        return await this.#drain(goal);
      } catch (error) {
        if (error instanceof Stopped) return this.#leftOut.size;
        this.#afterFailure(error);
        // It is looked at then, and mended.
        if (!isDamage(error) || isAgain) throw error;
      }
    }
  }

  async #drain(goal: Goal): Promise<number> {
    let wanted: ReadonlySet<string> | undefined;
    this.#leftOut.clear();
    await this.#attend();
    if (goal === 'all' && this.#options.mustBeOpened?.()) {
      this.close();
      await this.#ready();
    }
    while (!this.#isEnding) {
      const waiting = await this.#survey();
      wanted ??= new Set(waiting.ready.map(({ source }) => source.path));
      const isReached =
        goal === 'all'
          ? !waiting.ready.some(({ source }) => wanted!.has(source.path))
          : sum(waiting.ready) < this.#options.roundBytes;
      if (isReached) break;
      const round = await this.#round(waiting);
      if (round !== undefined) this.#options.reports.round(round);
    }
    // What an earlier one did not come to.
    this.#archive.evict();
    return this.#leftOut.size;
  }

  /** Ends a drain after its present round; one that waits for readers has a moment left. */
  finish(): void {
    this.#isEnding = true;
  }

  /** One round more, of what waits now. */
  async lastRound(): Promise<void> {
    try {
      const waiting = await this.#survey();
      if (waiting.ready.length === 0) return;
      // Reading a large database takes longer than an end may; whoever leads next does it.
      if (this.#isSuspect || this.#options.healing?.isLost) return;
      this.#destination ??= this.#options.open();
      if (this.#destination.mustBeChecked) return;
      const round = await this.#round(waiting);
      if (round !== undefined) this.#options.reports.round(round);
    } catch (error) {
      if (error instanceof Stopped) return;
      this.#afterFailure(error);
      throw error;
    }
  }

  /** Leaves a database that the next one need not check. No drain may be under way. */
  close(): void {
    const destination = this.#destination;
    this.#destination = undefined;
    if (destination === undefined) return;
    try {
      if (!destination.closeCleanly()) {
        const message = `the database's log could not be emptied, because it is being read by ${destination.readers}`;
        this.#options.reports.warning('AGENTLOG_WAL_KEPT', message);
      }
    } catch (error) {
      const message = 'the database could not be closed cleanly; it will be checked when it is opened next';
      this.#options.reports.warning('AGENTLOG_STORAGE', message, error);
    }
  }

  async #survey(): Promise<Waiting> {
    const { disk, paths, reports } = this.#options;
    const { sources, problems } = await survey(disk, paths);
    for (const problem of problems) reports.warning('AGENTLOG_STORAGE', problem.message, problem);
    const ready = readyOf(sources, this.#leftOut).map((source) => ({
      source,
      bytes: disk.callSync('lstat', source.path).size,
    }));
    return { ready, all: sources.map(({ name }) => segmentIdOf(name)) };
  }

  /** Undefined when nothing could be let go of. */
  async #round({ ready, all }: Waiting): Promise<Round | undefined> {
    const begun = performance.now();
    const destination = await this.#ready();
    const chosen = ready.slice(
      0,
      countUpTo(ready, this.#options.roundBytes, ({ bytes }) => bytes),
    );
    const isIn = ({ source }: Sized) => destination.has(segmentIdOf(source.name));
    const fresh = chosen.filter((one) => !isIn(one)).map(({ source }) => source);
    // What an earlier one committed and could not write back: the log would grow by what is added.
    if (!destination.checkpoint().isFull) await this.#settle(destination);
    // What an earlier one moved away may come back with a power cut, as long as the directory is not synced.
    if (this.#isFirstRound) runSync(this.#options.disk, syncDirectory(this.#options.paths.segments));
    this.#isFirstRound = false;
    const ingested = await this.#ingest(destination, fresh, all);
    for (const one of ingested) this.#report(one);
    await this.#settle(destination);
    if (!destination.isInPlace)
      throw new AgentLogError('AGENTLOG_IO', 'the files of the database are not those that were opened');

    const letGo = chosen.filter(isIn);
    if (letGo.length === 0) return undefined;
    this.#retire(
      destination,
      letGo.map(({ source }) => source),
      ingested,
    );
    while (destination.shrink()) await this.#settle(destination);
    return {
      segments: letGo.length,
      entries: ingested.reduce((total, { added }) => total + added, 0),
      bytes: sum(letGo),
      milliseconds: Math.round(performance.now() - begun),
      left: ready.length - letGo.length,
    };
  }

  /** What others have asked for. */
  async #attend(): Promise<void> {
    const { disk, paths, healing } = this.#options;
    if (runSync(disk, takeMark(paths, 'database.suspect'))) this.#isSuspect = true;
    if (healing !== undefined && runSync(disk, hasMark(paths, 'database.rebuild'))) {
      this.close();
      await this.#rebuild(healing);
    }
    if (this.#isSuspect) await this.#ready();
  }

  async #rebuild(healing: Healing): Promise<void> {
    const { disk, paths } = this.#options;
    try {
      await this.#heal(healing, undefined);
    } catch (error) {
      // It is refused, and will be.
      if ((error as AgentLogError).code === 'AGENTLOG_FORMAT')
        runSync(disk, takeMark(paths, 'database.rebuild'));
      throw error;
    }
    runSync(disk, takeMark(paths, 'database.rebuild'));
  }

  /** A database that may be relied on. */
  async #ready(): Promise<Destination> {
    const { healing } = this.#options;
    // What is wrong must be so at a second look, through another connection; and it is mended once.
    for (let looks = 0; ; looks++) {
      const problem = this.#problem();
      if (problem === undefined) return this.#destination!;
      this.#letGo();
      // One that was made anew and is not good either: another one would be no better, and takes the place of one that is kept.
      if (healing === undefined || looks > 1) throw problem;
      if (looks > 0) await this.#heal(healing, problem.message);
    }
  }

  /** What is wrong with the database. What only keeps it from being looked at is thrown. */
  #problem(): Error | undefined {
    try {
      if (this.#destination === undefined) {
        if (this.#options.healing?.isLost) return new Error('the database is gone');
        this.#destination = this.#options.open();
      }
      const isDue = this.#destination.mustBeChecked || this.#isSuspect;
      const problem = isDue ? this.#destination.check(this.#isSuspect) : undefined;
      // SQLite breaks its lines.
      if (problem !== undefined) return damage(problem.replaceAll('\n', ', '));
      this.#isSuspect = false;
      return undefined;
    } catch (error) {
      if (isDamage(error)) return error as Error;
      throw error;
    }
  }

  /** No connection may be open. */
  async #heal(healing: Healing, problem: string | undefined): Promise<void> {
    const { reports } = this.#options;
    const event = await healing.heal(problem, {
      check: () => {
        if (this.#isEnding) throw new Stopped();
      },
      progress: (progress) => reports.healing(progress),
      report: (ingested) => this.#report(ingested),
      left: (problem) =>
        reports.warning(
          'AGENTLOG_SEGMENT_LEFT',
          `${problem.source.path} was left out: ${problem.message}`,
          problem,
        ),
    });
    this.#isSuspect = false;
    reports.healed(event);
  }

  /** Leaves out what cannot be read at present, and what its slot holds behind it: that may say what counts of it. */
  async #ingest(
    destination: Destination,
    chosen: readonly Source[],
    waiting: readonly string[],
  ): Promise<Ingested[]> {
    const stillThere = new Set([...waiting, ...this.#kept.map(({ name }) => segmentIdOf(name))]);
    let sources = chosen;
    while (sources.length > 0) {
      try {
        return await ingest(this.#options.disk, destination, sources, stillThere);
      } catch (error) {
        if (error instanceof TooMuchToErase) {
          let { deletions } = error;
          while (deletions.length > 0) {
            await this.#settle(destination);
            // What is left of it is for the next one who leads: somebody waits for the end.
            if (this.#isEnding) throw new Stopped();
            deletions = eraseSome(destination, deletions);
          }
          await this.#settle(destination);
        } else if (error instanceof CannotBeRead) {
          const { source: failed, message } = error;
          const what = `${failed.path} is left where it is, and what its writer wrote after it: ${message}`;
          this.#options.reports.warning('AGENTLOG_SEGMENT_LEFT', what, error);
          this.#leftOut.add(failed.path);
          sources = sources.filter(
            (source) => source.name.slot !== failed.name.slot || compareAge(source, failed) < 0,
          );
        } else throw error;
      }
    }
    return [];
  }

  #report({ source, verdict, damage }: Ingested): void {
    const { reports, paths } = this.#options;
    // Of what is kept it was told before.
    if (source.writer !== 'sealed' && dirname(source.path) === paths.segments)
      reports.recovered(source.path, verdict);
    if (damage === undefined) return;
    const { holes, bytes, reason } = damage;
    reports.damaged({ segment: source.path, holes, bytes, reason });
  }

  /** Waits until nothing that was committed depends on the log. */
  async #settle(destination: Destination): Promise<void> {
    const begun = performance.now();
    let told = false;
    for (
      let wait = LEAST_WAIT_MS;
      !destination.checkpoint().isFull;
      wait = Math.min(2 * wait, MOST_WAIT_MS)
    ) {
      if (!told && performance.now() - begun > PATIENCE_MS) {
        told = true;
        const message = `the database's log cannot be written back, because it is being read by ${destination.readers}; until then entries stay in segments`;
        this.#options.reports.warning('AGENTLOG_READER_PINNED', message);
      }
      if (this.#isEnding && performance.now() - begun > LAST_PATIENCE_MS) throw new Stopped();
      await delay(wait);
    }
    const pause = this.#options.pause ?? PAUSE_MS;
    if (pause > 0) await delay(pause);
  }

  /** The database has them, without its log, in the files that others find. */
  #retire(destination: Destination, sources: readonly Source[], ingested: readonly Ingested[]): void {
    const { disk, paths } = this.#options;
    for (const source of sources) {
      const damage = destination.damageOf(segmentIdOf(source.name));
      const verdict = ingested.find((one) => one.source === source)?.verdict;
      if (damage !== undefined) this.#quarantine.put(source);
      else if (verdict?.records !== 0 || verdict.tail !== null) this.#archive.put(source);
    }
    // On the way they are in both places, and at no time in none.
    this.#archive.sync();
    this.#quarantine.sync();
    for (const { path } of sources) disk.callSync('unlink', path);
    runSync(disk, syncDirectory(paths.segments));
    this.#archive.evict();
    this.#quarantine.evict();
  }

  get #kept(): SegmentFile[] {
    return [...this.#archive.files, ...this.#quarantine.files];
  }

  /** Whether its cut may be all that says of a damaged segment what was rejected: without it that would come back. */
  #maySpeakOfKept(file: SegmentFile): boolean {
    const before = this.#kept
      .filter((other) => other.name.slot === file.name.slot && compareAge(other, file) < 0)
      .sort(compareAge);
    const last = before.at(-1);
    return last?.name.state === 'open' && dirname(last.path) === this.#options.paths.quarantine;
  }

  /** Of some errors nobody knows what they have left in a connection. */
  #afterFailure(error: unknown): void {
    const code = String((error as { code?: unknown }).code);
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_FULL')) return;
    if (isDamage(error)) this.#isSuspect = true;
    this.#letGo();
  }

  /** Without a proper end: whoever opens it next checks it. */
  #letGo(): void {
    const destination = this.#destination;
    this.#destination = undefined;
    try {
      destination?.close();
    } catch (problem) {
      this.#options.reports.warning('AGENTLOG_STORAGE', 'the database could not be closed', problem);
    }
  }
}

/** What can be ingested, the oldest first: of each slot what comes before the first segment that is still written or cannot be read. */
function readyOf(sources: readonly Source[], leftOut: ReadonlySet<string>): Source[] {
  const busy = new Set<number>();
  const ready: Source[] = [];
  for (const source of sources) {
    const { slot } = source.name;
    if (source.writer === 'live' || leftOut.has(source.path)) busy.add(slot);
    if (!busy.has(slot)) ready.push(source);
  }
  return ready.sort(compareAge);
}

function sum(sized: readonly Sized[]): number {
  return sized.reduce((total, { bytes }) => total + bytes, 0);
}
