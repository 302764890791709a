/**
 * Makes the database anew when it is damaged: from what can be read of it, and from all segments that are still there,
 * whatever its ledger says of them. The old one stays in its place until the new one is complete.
 *
 * For whoever leads. Handles that only suspect something leave a mark.
 */
import { dirname } from 'node:path';
import { makeOneFile } from '../db/copy.js';
import { isThere } from '../db/file-identity.js';
import {
  declareHealed,
  finishReplacing,
  keptPath,
  removeUnfinished,
  unfinishedPath,
} from '../db/replacing.js';
import type { RowStore } from '../db/row-store.js';
import type { Salvaged } from '../db/salvage.js';
import { newerVersion } from '../db/schema.js';
import type { Deletion } from '../deletion.js';
import type { HealEvent } from '../events.js';
import type { Disk } from '../segment/disk.js';
import { segmentIdOf } from '../segment/segment-name.js';
import type { Source } from '../segment/segment-reading.js';
import type { StorePaths } from '../segment/store-directory.js';
import { survey } from '../segment/survey.js';
import type { RebuildProgress } from './api.js';
import { CannotBeRead, countUpTo, eraseSome, type Ingested, ingest, TooMuchToErase } from './ingestion.js';
import { isDatabaseLost } from './lost-database.js';
import { compareAge } from './shelves.js';

interface HealingOptions {
  readonly disk: Disk;
  readonly paths: StorePaths;
  /** The database. */
  readonly path: string;
  /** Where damaged ones go. */
  readonly quarantine: string;
  readonly roundBytes: number;
  /** What can be read of the one that is there. */
  readonly salvage: () => AsyncIterable<Salvaged>;
  /** Another one, under the given path. */
  readonly make: (path: string, hadFullText: boolean) => RowStore;
}

/** How it goes on. */
interface Watch {
  /** Throws when it is to end; what was done is in vain then. */
  check(): void;
  progress(progress: RebuildProgress): void;
  report(ingested: Ingested): void;
  /** A segment that could not be read; the others can. */
  left(problem: CannotBeRead): void;
}

export class Healing {
  readonly #options: HealingOptions;

  constructor(options: HealingOptions) {
    this.#options = options;
  }

  /** There is no database, and there must have been one. */
  get isLost(): boolean {
    const { disk, paths, path } = this.#options;
    return isDatabaseLost(disk, paths, path);
  }

  /** Puts a database in its place that an earlier leader has made. */
  finish(): void {
    finishReplacing(this.#options.path, this.#options.quarantine);
  }

  /** No connection may be open. `problem`: what is wrong; undefined when nothing is, and it was asked for. */
  async heal(problem: string | undefined, watch: Watch): Promise<HealEvent> {
    const { path, quarantine } = this.#options;
    // One that is complete may be all there is: the old one has lost its name then.
    this.finish();
    removeUnfinished(path);
    try {
      const event = await this.#make(problem, watch);
      declareHealed(path);
      finishReplacing(path, quarantine);
      return event;
    } finally {
      removeUnfinished(path);
    }
  }

  async #make(problem: string | undefined, watch: Watch): Promise<HealEvent> {
    const { path, quarantine } = this.#options;
    const begun = performance.now();
    const kept = keptPath(path, quarantine) ?? null;
    const building = new Building(this.#options, watch);
    try {
      await building.takeRows();
      await building.replay();
      const milliseconds = Math.round(performance.now() - begun);
      const about = { wasDamaged: problem !== undefined, reason: problem ?? 'it was asked for' };
      const event = { ...about, ...building.sums, kept, milliseconds };
      building.finish(event);
      makeOneFile(unfinishedPath(path));
      return event;
    } finally {
      building.close();
    }
  }
}

class Building {
  readonly #options: HealingOptions;
  readonly #watch: Watch;
  #store: RowStore | undefined;
  #rows = 0;
  #replayed = 0;
  /** Entries that the old database had counted. */
  #counted: number | undefined;
  /** Of these, those that came back from segments. */
  #cameBack = 0;
  #known: ReadonlySet<string> = new Set();
  #deletedMayBeBack = false;

  constructor(options: HealingOptions, watch: Watch) {
    this.#options = options;
    this.#watch = watch;
  }

  get sums(): Pick<HealEvent, 'rows' | 'replayed' | 'missing' | 'deletedMayBeBack'> {
    const there = this.#rows + this.#cameBack;
    // Counters that knew of less than there is say nothing.
    const missing = this.#counted === undefined || this.#counted < there ? null : this.#counted - there;
    const [rows, replayed, deletedMayBeBack] = [this.#rows, this.#replayed, this.#deletedMayBeBack];
    return { rows, replayed, missing, deletedMayBeBack };
  }

  async takeRows(): Promise<void> {
    const { path, salvage } = this.#options;
    // Of one that is gone there is nothing to read.
    for await (const part of isThere(path) ? salvage() : []) {
      this.#watch.check();
      if (part.kind === 'known') {
        if (part.isNewer) throw newerVersion(path);
        this.#open(part.hasFullText);
        this.#counted = part.entries;
        this.#known = new Set(part.segmentIds);
        // First what was deleted: it must not come back.
        this.#delete(part.deletions);
        this.#deletedMayBeBack = !part.areDeletionsComplete;
      } else if (part.kind === 'rows') this.#add(part.rows);
      else this.#delete(part.deletions);
    }
    if (this.#store === undefined) this.#open(false);
  }

  /** All segments that nobody writes to, whether the old database had them or not. */
  async replay(): Promise<void> {
    const { disk, paths, roundBytes } = this.#options;
    const kept = [paths.archive, paths.quarantine];
    const { sources } = await survey(disk, paths, kept);
    const stillThere = new Set(sources.map(({ name }) => segmentIdOf(name)));
    const isKept = ({ path }: Source) => kept.includes(dirname(path));
    const bytesOf = ({ path }: Source) => disk.callSync('lstat', path).size;
    let left = withoutBusy(sources, isKept).sort(compareAge);
    const all = left.length;
    /** What the disk would not give is asked for once more: nobody brings in later what is passed over here. */
    let failed: Source[] | undefined = [];
    while (left.length > 0) {
      this.#watch.check();
      const group = left.slice(0, countUpTo(left, roundBytes, bytesOf));
      try {
        for (const one of await ingest(disk, this.#store!, group, stillThere)) this.#count(one, isKept);
        this.#store!.checkpoint();
        left = left.slice(group.length);
      } catch (error) {
        if (error instanceof TooMuchToErase) this.#delete(error.deletions);
        else if (error instanceof CannotBeRead) {
          const { source } = error;
          // What its writer wrote behind it may say what counts of it; what was let go of has been judged.
          const isLeft = (one: Source) =>
            one === source ||
            (!isKept(source) && one.name.slot === source.name.slot && compareAge(one, source) > 0);
          if (failed === undefined) this.#watch.left(error);
          else failed.push(...left.filter(isLeft));
          left = left.filter((one) => !isLeft(one));
        } else throw error;
      }
      if (left.length === 0 && failed !== undefined) {
        left = failed;
        failed = undefined;
      }
      this.#tell(all - left.length, left.length);
    }
  }

  finish(event: HealEvent): void {
    const store = this.#store!;
    store.noteLastIds();
    store.noteHealing(event);
    const problem = store.check();
    if (problem !== undefined) throw new Error(`the database that was made anew is damaged: ${problem}`);
    store.closeCleanly();
    this.#store = undefined;
  }

  close(): void {
    this.#store?.close();
  }

  #open(hadFullText: boolean): void {
    this.#store = this.#options.make(unfinishedPath(this.#options.path), hadFullText);
  }

  #add(rows: Extract<Salvaged, { kind: 'rows' }>['rows']): void {
    const store = this.#store!;
    store.begin();
    for (const row of rows) if (store.add(row) === 'new') this.#rows++;
    store.commit();
    store.checkpoint();
    this.#tell(0, 0);
  }

  #delete(deletions: readonly Deletion[]): void {
    for (let left = deletions; left.length > 0; ) {
      this.#watch.check();
      left = eraseSome(this.#store!, left);
      this.#store!.checkpoint();
    }
  }

  #count(ingested: Ingested, isKept: (source: Source) => boolean): void {
    const { source, added } = ingested;
    this.#replayed += added;
    if (isKept(source) || this.#known.has(segmentIdOf(source.name))) this.#cameBack += added;
    this.#watch.report(ingested);
  }

  #tell(segments: number, segmentsLeft: number): void {
    this.#watch.progress({ rows: this.#rows, segments, segmentsLeft });
  }
}

/** Without what is still written, and what its slot holds behind it. */
function withoutBusy(sources: readonly Source[], isKept: (source: Source) => boolean): Source[] {
  const busy = new Set<number>();
  return sources.filter((source) => {
    if (isKept(source)) return true;
    if (source.writer === 'live') busy.add(source.name.slot);
    return !busy.has(source.name.slot);
  });
}
