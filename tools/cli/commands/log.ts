/** `agentlog log`: what agents have logged, as a person would read it. */
import type { StoredEntry } from '../../../src/entry.js';
import type { EntryFilter } from '../../../src/reading/api.js';
import type { ExitCode, Invocation } from '../definition.js';
import { UsageError } from '../errors.js';
import { EntryLines } from '../output/entry-lines.js';
import type { Output } from '../output/output.js';
import { throughPager } from '../output/pager.js';
import { type FilterOptions, filterOf, patternOf } from '../reading/filter.js';
import { follow } from '../reading/follow.js';
import { LogReader } from '../reading/log-reader.js';
import { newest } from '../reading/newest.js';
import { searched } from '../reading/searched.js';

interface Options extends FilterOptions {
  readonly lines?: number;
  readonly follow?: boolean;
  readonly grep?: string;
  readonly search?: string;
  readonly details?: boolean;
  readonly pager: boolean;
  readonly json?: boolean;
}

/** What of the entries is asked for. */
interface Wanted {
  readonly filter: EntryFilter;
  readonly counts: (entry: StoredEntry) => boolean;
  /** The newest so many; undefined for all. */
  readonly lines: number | undefined;
  readonly words: string | undefined;
}

const USUAL_FINDS = 50;

export async function run({ args, options, output }: Invocation<Options>): Promise<ExitCode> {
  const [path, taskId] = args as [string, string | undefined];
  const { grep, lines, search: words } = options;
  if (options.follow && words !== undefined)
    throw new UsageError('-f goes with --grep, and not with --search, which finds what is there already');
  const pattern = grep === undefined ? undefined : patternOf(grep);
  const counts = ({ text }: StoredEntry) => pattern === undefined || pattern.test(text);
  const wanted: Wanted = { filter: filterOf(taskId, options), counts, lines, words };

  const printOn = async (to: Output, note: (text: string) => void, signal?: AbortSignal) => {
    const reader = await LogReader.open(path, options, note);
    const show = showOn(to, options, taskId);
    try {
      if (options.follow)
        await follow(reader, wanted.filter, lines, counts, async (entry) => {
          await show(entry);
          await to.flush();
        });
      else if (!(await printAll(reader, wanted, show, signal)) && !options.json)
        note(`No entry was found.${taskId === undefined ? '' : ` agentlog tasks ${path} lists the tasks.`}`);
    } finally {
      await reader.close();
    }
    return reader.exitCode;
  };
  const isPaged = output.isTerminal && options.pager && lines === undefined && !options.follow;
  if (!isPaged) return printOn(output, (text) => output.note(text));
  // On the screen of a pager nobody would see them.
  const notes: string[] = [];
  try {
    return await throughPager(output, (to, signal) => printOn(to, (text) => void notes.push(text), signal));
  } finally {
    for (const text of notes) output.note(text);
  }
}

function showOn(output: Output, { json, details = false }: Options, taskId: string | undefined) {
  if (json) return (entry: StoredEntry) => output.json(entry);
  const lines = new EntryLines(output, { task: taskId === undefined, details });
  return (entry: StoredEntry) => output.print(lines.of(entry));
}

/** Returns whether there was any. */
async function printAll(
  reader: LogReader,
  { filter, counts, lines, words }: Wanted,
  show: (entry: StoredEntry) => Promise<void> | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const asked = { ...filter, signal };
  let entries: Iterable<StoredEntry> | AsyncIterable<StoredEntry>;
  if (words !== undefined) entries = await searched(reader, words, { ...asked, limit: lines ?? USUAL_FINDS });
  else if (lines !== undefined) entries = await newest(reader, asked, lines, counts);
  else entries = reader.scan(asked);
  let isAny = false;
  for await (const entry of entries) {
    if (!counts(entry)) continue;
    isAny = true;
    await show(entry);
  }
  return isAny;
}
