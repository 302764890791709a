/** `agentlog import`: brings logs of other programs into a store. */
import { nodeDisk } from '../../../src/segment/disk.js';
import { runSync } from '../../../src/segment/steps.js';
import { openStoreDirectory } from '../../../src/segment/store-directory.js';
import type { ExitCode, Invocation } from '../definition.js';
import { withHint } from '../errors.js';
import { takeImportLock } from '../import/import-lock.js';
import { Importer } from '../import/importer.js';
import { isPlaceForStore } from '../import/place-for-store.js';
import { ProblemList } from '../import/problem-list.js';
import type { Source } from '../import/source.js';
import { type SourceOptions, sourcesAt } from '../import/sources.js';
import { untilInterrupted } from '../interrupt.js';
import { count, counted, duration } from '../output/numbers.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { withStore } from '../store/open-to-change.js';
import { requireStore } from '../store/target.js';

type Options = Invocation<SourceOptions>['options'];

const RESUMABLE = 'What was imported is kept, and the same command goes on behind it';

export async function run({ args, options, output }: Invocation<SourceOptions>): Promise<ExitCode> {
  const [store, path] = args as [string, string];
  const unfinished: string[] = [];
  const progress = new Progress(output);
  const problems = new ProblemList((text) => {
    progress.end();
    output.note(text);
  });
  const sources = sourcesAt(path, options, (where) => unfinished.push(where));
  const made = isPlaceForStore(store);
  if (!made) requireStore(store);
  const release = await takeImportLock(makeStore(store, options));
  try {
    const result = await withStore(store, options, output, async (log) => {
      const importer = await Importer.of(log, {
        problem: (problem) => problems.add(problem),
        progress: (part, entries) => progress.show(part, `${counted(entries, 'entry', 'entries')} imported`),
      });
      const begun = performance.now();
      await importing(importer, sources);
      progress.end();
      const { entries, entriesBefore, skipped, skippedBefore } = importer;
      const milliseconds = Math.round(performance.now() - begun);
      const counts = { entries, entriesBefore, skipped, skippedBefore };
      return { made, sources: sources.length, ...counts, milliseconds };
    });
    problems.end();
    for (const where of unfinished)
      output.note(`agentlog: ${where} is not finished yet: a later run takes it when it is`);
    if (options.json) await output.json({ ...result, ...problems.result, unfinished });
    else await say(output, store, path, result);
  } finally {
    progress.end();
    release();
  }
  return problems.count > 0 ? 3 : 0;
}

async function importing(importer: Importer, sources: readonly Source[]): Promise<void> {
  try {
    await untilInterrupted('what was imported is kept, and the same command goes on behind it', (signal) =>
      importer.run(sources, signal),
    );
  } catch (error) {
    // The disk, mostly, of the store or of the source.
    const { code, cause } = error as { code?: unknown; cause?: unknown };
    throw String(code).startsWith('AGENTLOG_') || isOfSystem(cause) ? withHint(error, RESUMABLE) : error;
  }
}

function isOfSystem(cause: unknown): boolean {
  return typeof (cause as NodeJS.ErrnoException | undefined)?.syscall === 'string';
}

function makeStore(path: string, { allowForeignOwner = false }: Options) {
  const options = { readOnly: false, allowUnsafeFilesystem: false, allowForeignOwner };
  return runSync(nodeDisk, openStoreDirectory(path, options)).paths;
}

interface Result {
  readonly made: boolean;
  readonly entries: number;
  readonly entriesBefore: number;
  readonly skipped: number;
  readonly skippedBefore: number;
  readonly milliseconds: number;
}

async function say(output: Output, store: string, path: string, result: Result): Promise<void> {
  const { made, entries, entriesBefore, skipped, skippedBefore, milliseconds } = result;
  // One that was killed may have told nobody.
  const not = skippedBefore === 0 ? '' : `, which could not take ${count(skippedBefore)}`;
  const before = entriesBefore === 0 ? '' : `, behind ${count(entriesBefore)} of earlier runs${not}`;
  const rate = milliseconds < 1000 ? '' : ` (${count(Math.round((1000 * entries) / milliseconds))} a second)`;
  const left = skipped === 0 ? '' : ` ${count(skipped)} could not be taken.`;
  if (made) await output.line(`A store was made in ${store}.`);
  await output.line(
    `${counted(entries, 'entry', 'entries')} imported from ${path} in ${duration(milliseconds)}${rate}${before}.${left}`,
  );
}
