/** `agentlog ls`: the segments of a store, each with its verdict. */
import { basename } from 'node:path';
import { listSegments } from '../../../src/segment/segment-list.js';
import { segmentIdOf } from '../../../src/segment/segment-name.js';
import type { Source } from '../../../src/segment/segment-reading.js';
import { runSync } from '../../../src/segment/steps.js';
import type { StorePaths } from '../../../src/segment/store-directory.js';
import { survey } from '../../../src/segment/survey.js';
import type { ExitCode, Invocation } from '../definition.js';
import { ago, bytes, count, counted, span } from '../output/numbers.js';
import type { Output, Style } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { type Column, table } from '../output/table.js';
import { oneLine, wrap } from '../output/text.js';
import { askDatabase } from '../store/database-look.js';
import { Holders } from '../store/holders.js';
import { lookingDisk } from '../store/looking-disk.js';
import { findStore } from '../store/open-store.js';
import { type SegmentSummary, summarize } from '../store/segment-summary.js';

interface Options {
  readonly all?: boolean;
}

/** Slot and base id. */
const NAME_COLUMNS = 18;
/** From here on there is room for all columns. */
const WIDE = 110;

type Place = 'segments' | 'archive' | 'quarantine';

interface Listed {
  readonly path: string;
  readonly place: Place;
  readonly slot: number;
  readonly state: 'open' | 'sealed';
  readonly writer: 'alive' | 'dead' | null;
  readonly pid: number | null;
  readonly bytes: number;
  readonly records: number;
  readonly batches: number;
  readonly entries: number;
  readonly firstTimestamp: number | null;
  readonly lastTimestamp: number | null;
  /** Null when the database cannot be asked. */
  readonly inDatabase: boolean | null;
  readonly verdict: {
    readonly kind: string;
    readonly reason: string;
    readonly records: number;
    readonly batches: number;
    readonly entries: number;
    readonly holes: number;
    readonly holeBytes: number;
    readonly tailBytes: number;
  };
}

export async function run({ args, options, output }: Invocation<Options>): Promise<ExitCode> {
  const { paths } = findStore(args[0]!, options);
  const holders = new Holders();
  const ledger = askDatabase(
    paths,
    (db) => new Set(db.prepare('SELECT segmentId FROM agentLogSegments').pluck().all() as string[]),
  );
  const known = ledger.state === 'none' ? new Set<string>() : ledger.answer;
  const { sources, problems } = await sourcesIn(paths, options.all === true);
  const all: Listed[] = [];
  const progress = new Progress(output);
  for (const [i, { source, place }] of sources.entries()) {
    progress.show(i / sources.length, basename(source.path));
    const summary = await summarize(source);
    if (summary !== undefined) all.push(listed(summary, place, holders, known));
  }
  progress.end();
  if (options.json) for (const one of all) await output.json(one);
  else await print(output, all, options.all === true);
  for (const problem of problems) output.note(`agentlog: ${oneLine(problem.message)}`);
  return all.some(({ verdict }) => isBad(verdict.kind)) ? 3 : problems.length > 0 ? 1 : 0;
}

async function sourcesIn(paths: StorePaths, isAll: boolean) {
  const { sources, problems } = await survey(lookingDisk, paths);
  const found: { source: Source; place: Place }[] = sources.map((source) => ({ source, place: 'segments' }));
  for (const place of isAll ? (['archive', 'quarantine'] as const) : []) {
    for (const file of runSync(lookingDisk, listSegments(paths[place])))
      found.push({ source: { ...file, writer: file.name.state === 'sealed' ? 'sealed' : 'gone' }, place });
  }
  return { sources: found, problems };
}

function listed(
  { source, bytes: size, verdict, firstTimestamp, lastTimestamp }: SegmentSummary,
  place: Place,
  holders: Holders,
  known: ReadonlySet<string> | undefined,
): Listed {
  const { path, name, writer } = source;
  const { kind, reason, records, batches, entries, holeCount, holeBytes, tail } = verdict;
  return {
    path,
    place,
    slot: name.slot,
    state: name.state,
    writer: name.state === 'sealed' ? null : writer === 'live' ? 'alive' : 'dead',
    pid: writer === 'live' ? (holders.of(path)?.pid ?? null) : null,
    bytes: size,
    records,
    batches,
    entries,
    firstTimestamp,
    lastTimestamp,
    inDatabase: known?.has(segmentIdOf(name)) ?? null,
    verdict: {
      kind,
      reason,
      records,
      batches,
      entries,
      holes: holeCount,
      holeBytes,
      tailBytes: tail?.length ?? 0,
    },
  };
}

function isBad(kind: string): boolean {
  return kind === 'damaged' || kind === 'unreadable';
}

function styleOf(kind: string): Style | undefined {
  if (isBad(kind)) return 'red';
  if (kind === 'live') return 'green';
  return kind === 'torn' || kind === 'unsupported' ? 'yellow' : undefined;
}

async function print(output: Output, all: readonly Listed[], isAll: boolean): Promise<void> {
  if (all.length === 0) {
    await output.line(
      isAll
        ? 'There are no segments.'
        : 'No segments wait; agentlog ls --all lists those that are rows, too.',
    );
    return;
  }
  const now = Date.now();
  const isWide = output.width >= WIDE;
  const batches: Column<Listed> = { title: 'BATCHES', of: (one) => count(one.batches), align: 'right' };
  const columns: Column<Listed>[] = [
    // The part that tells segments of a slot apart.
    { title: 'SEGMENT', of: ({ path }) => basename(path).slice(0, NAME_COLUMNS), style: () => 'bold' },
    { title: 'STATE', of: stateOf, style: ({ writer }) => (writer === 'alive' ? 'green' : undefined) },
    { title: 'ENTRIES', of: ({ entries }) => count(entries), align: 'right' },
    ...(isWide ? [batches] : []),
    { title: 'SIZE', of: (one) => bytes(one.bytes), align: 'right' },
    { title: 'ROWS', of: ({ inDatabase }) => (inDatabase === null ? '?' : inDatabase ? 'yes' : 'no') },
    { title: 'VERDICT', of: ({ verdict }) => verdict.kind, style: ({ verdict }) => styleOf(verdict.kind) },
    isWide
      ? { title: 'TIME', of: (one) => span(one.firstTimestamp, one.lastTimestamp), style: () => 'dim' }
      : {
          title: 'LAST',
          of: (one) => (one.lastTimestamp === null ? '–' : ago(one.lastTimestamp, now)),
          style: () => 'dim',
        },
  ];
  const shown = isAll ? [PLACE, ...columns] : columns;
  await output.print(table(output, shown, all));
  const bad = all.filter(({ verdict }) => styleOf(verdict.kind) !== undefined && verdict.kind !== 'live');
  if (bad.length > 0) await output.line();
  for (const { path, verdict } of bad) {
    await output.line(output.style(styleOf(verdict.kind)!, path));
    for (const line of wrap(oneLine(verdict.reason), output.width - 2)) await output.line(`  ${line}`);
  }
  const entries = all.reduce((sum, one) => sum + one.entries, 0);
  const size = all.reduce((sum, one) => sum + one.bytes, 0);
  await output.line(
    output.style(
      'dim',
      `${counted(all.length, 'segment')}, ${counted(entries, 'entry', 'entries')}, ${bytes(size)}`,
    ),
  );
}

const PLACE: Column<Listed> = { title: 'IN', of: ({ place }) => place };

function stateOf({ state, writer, pid }: Listed): string {
  if (writer === null) return state;
  return writer === 'alive' ? `open ${pid ?? ''}`.trimEnd() : 'left';
}
