/** The half of `agentlog verify` that is for stores. Runs in this thread, so that Ctrl-C ends it whatever it does. */
import type { VerifyProgress, VerifyResult } from '../../../src/compactor/api.js';
import { verify } from '../../../src/compactor/verify.js';
import type { ExitCode, Invocation } from '../definition.js';
import { bytes, count, counted } from '../output/numbers.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { linesOf, wrap } from '../output/text.js';
import { asGiven } from '../store/as-given.js';
import { databaseError } from '../store/database-error.js';
import { findStore } from '../store/find-store.js';
import { lookingDisk } from '../store/looking-disk.js';

export async function verifyStore({ args, options, output }: Invocation<object>): Promise<ExitCode> {
  const path = args[0]!;
  const { paths } = findStore(path, options);
  const progress = new Progress(output);
  let result: VerifyResult;
  try {
    result = await verify(lookingDisk, paths, (at) => progress.show(...partOf(at)));
  } catch (error) {
    throw databaseError(paths, error);
  } finally {
    progress.end();
  }
  if (options.json) await output.json(result);
  else await print(output, path, asGiven(paths, path), result);
  return result.ok ? 0 : 3;
}

/** Segments and rows take about as long as each other. */
function partOf({ segments, segmentsLeft, rows, rowsTotal }: VerifyProgress): [part: number, what: string] {
  if (segmentsLeft > 0) return [segments / (segments + segmentsLeft) / 2, counted(segments, 'segment')];
  if (rows < rowsTotal) return [0.5 + rows / rowsTotal / 2, `${count(rows)} rows`];
  return [1, 'what SQLite itself finds'];
}

async function print(
  output: Output,
  path: string,
  shown: (text: string) => string,
  result: VerifyResult,
): Promise<void> {
  const { ok, rows, segments, bytes: size, quarantined, problems, problemCount } = result;
  const read = `${counted(rows, 'row')}, ${counted(segments, 'segment')} (${bytes(size)})`;
  if (ok) await output.line(`${output.style('green', 'well')}  ${read}: everything is what was written.`);
  else await output.line(`${output.style('red', `${counted(problemCount, 'problem')}`)}  in ${read}`);
  for (const { kind, where, what } of problems) {
    const [first = '', ...others] = linesOf(shown(`${where} ${what}`)).flatMap((line) =>
      wrap(line, output.width - 13),
    );
    await output.line(`${output.style('red', kind.padEnd(11))}  ${first}`);
    for (const line of others) await output.line(`${' '.repeat(13)}${line}`);
  }
  if (problems.length < problemCount) await output.line(`and ${count(problemCount - problems.length)} more`);
  const hints: string[] = [];
  if (quarantined > 0)
    hints.push(
      `${counted(quarantined, 'damaged segment')} in quarantine/: agentlog ls ${path} --all says what is wrong with them`,
    );
  if (!ok) hints.push(adviceFor(path, result));
  for (const hint of hints)
    for (const [i, line] of wrap(hint, output.width - 2).entries())
      await output.line(`${i === 0 ? '→' : ' '} ${line}`);
}

function adviceFor(path: string, { problems }: VerifyResult): string {
  const isOfRows = problems.some(({ kind }) => kind !== 'segment' && kind !== 'ledger');
  return isOfRows
    ? `agentlog rebuild ${path} makes the database anew from all that can be read; agentlog backup ${path} DIRECTORY keeps a copy before that`
    : `agentlog inspect FILE shows what is lost in a segment; all else in it is read`;
}
