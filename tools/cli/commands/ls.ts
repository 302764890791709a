/** `agentlog ls`: the segments of a store, each with its verdict. */
import { basename } from 'node:path';
import type { ExitCode, Invocation } from '../definition.js';
import { ago, bytes, count, counted, span } from '../output/numbers.js';
import type { Output, Style } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { type Column, table } from '../output/table.js';
import { oneLine, wrap } from '../output/text.js';
import { asGiven } from '../store/as-given.js';
import { askDatabase } from '../store/database-look.js';
import { findStore } from '../store/find-store.js';
import { Holders } from '../store/holders.js';
import { type Listed, listed, sourcesIn } from '../store/listed-segments.js';
import { summarize } from '../store/segment-summary.js';

interface Options {
  readonly all?: boolean;
}

/** Slot and base id. */
const NAME_COLUMNS = 18;
/** From here on there is room for all columns. */
const WIDE = 110;

export async function run({ args, options, output }: Invocation<Options>): Promise<ExitCode> {
  const given = args[0]!;
  const { paths } = findStore(given, options);
  const holders = new Holders();
  const ledger = askDatabase(
    paths,
    (db) => new Set(db.prepare('SELECT segmentId FROM agentLogSegments').pluck().all() as string[]),
  );
  const known = ledger.state === 'none' ? new Set<string>() : ledger.answer;
  const { sources, problems } = await sourcesIn(paths, options.all === true);
  const shown = asGiven(paths, given);
  const all: Listed[] = [];
  const progress = new Progress(output);
  for (const [i, { source, place }] of sources.entries()) {
    progress.show(i / sources.length, basename(source.path));
    const summary = await summarize(source);
    if (summary !== undefined)
      all.push({ ...listed(summary, place, holders, known), path: shown(summary.source.path) });
  }
  progress.end();
  if (options.json) for (const one of all) await output.json(one);
  else await print(output, all, options.all === true);
  for (const problem of problems) output.note(`agentlog: ${oneLine(problem.message)}`);
  return all.some(({ verdict }) => isBad(verdict.kind)) ? 3 : problems.length > 0 ? 1 : 0;
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
