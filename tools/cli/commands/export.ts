/** `agentlog export`: entries for other programs. */
import type { StoredEntry } from '../../../src/entry.js';
import { printable } from '../../../src/printable.js';
import type { EntryFilter } from '../../../src/reading/api.js';
import type { ExitCode, Invocation } from '../definition.js';
import { CliError, UsageError } from '../errors.js';
import { CSV_END, CSV_HEAD, csvOf } from '../output/csv.js';
import { jsonOf } from '../output/json-line.js';
import { writeNewFile } from '../output/new-file.js';
import { count, counted } from '../output/numbers.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { type FilterOptions, filterOf } from '../reading/filter.js';
import { LogReader } from '../reading/log-reader.js';

interface Options extends FilterOptions {
  readonly task?: string;
  readonly csv?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

type Print = (text: string) => Promise<void> | undefined;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Entries between two looks at the clock. */
const STEP = 1000;

export async function run({ args, options, output }: Invocation<Options>): Promise<ExitCode> {
  if (options.csv && options.json) throw new UsageError('--csv and --json are two formats: choose one');
  const filter = filterOf(options.task, options);
  const progress = new Progress(output);
  const reader = await LogReader.open(args[0]!, options, (text) => {
    progress.end();
    output.note(text);
  });
  try {
    const showProgress = await progressOf(reader, filter, output.errors.isTTY && progress);
    const write = async (print: Print, signal?: AbortSignal) => {
      const { head, lineOf } = formatOf(options, output);
      await print(head);
      let done = 0;
      await reader.each({ ...filter, signal }, (entry) => {
        if (++done % STEP === 0) showProgress(done);
        return print(lineOf(entry));
      });
    };
    if (options.out === undefined) await write((text) => output.print(text));
    else await interruptibly((signal) => writeNewFile(options.out!, (print) => write(print, signal)));
  } finally {
    progress.end();
    await reader.close();
  }
  return reader.exitCode;
}

interface Format {
  readonly head: string;
  readonly lineOf: (entry: StoredEntry) => string;
}

function formatOf({ csv, out }: Options, { isTerminal }: Output): Format {
  // Another program gets what was logged, and a terminal nothing that steers it.
  const isShown = isTerminal && out === undefined;
  const shown = isShown ? printable : (text: string) => text;
  const end = isShown ? '\n' : CSV_END;
  return csv
    ? { head: CSV_HEAD + end, lineOf: (entry) => shown(csvOf(entry)) + end }
    : { head: '', lineOf: (entry) => `${shown(jsonOf(entry))}\n` };
}

/** How many there will be is known at no cost when nothing but a task and types is asked for. */
async function progressOf(
  reader: LogReader,
  { taskId, type, ...others }: EntryFilter,
  progress: Progress | false,
): Promise<(done: number) => void> {
  if (!progress) return () => undefined;
  const isKnown = Object.values(others).every((value) => value === undefined);
  const all = isKnown ? await reader.log.count({ taskId, type }).catch(() => undefined) : undefined;
  return (done) =>
    all === undefined
      ? progress.show(undefined, counted(done, 'entry', 'entries'))
      : progress.show(done / all, `${count(done)} of ${counted(all, 'entry', 'entries')}`);
}

/** What is half done when a signal comes fails, so that it is undone. */
async function interruptibly(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const end = (signal: string) => stop.abort(new CliError(`interrupted by ${signal}: nothing was exported`));
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    await work(stop.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
}
