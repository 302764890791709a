/** `agentlog salvage`: what is good of a segment, in a new one. */
import { mkdirSync, realpathSync, rmdirSync } from 'node:fs';
import { type SalvagedSegment, salvageSegment } from '../../../src/segment/salvage-segment.js';
import { DIRECTORY_MODE } from '../../../src/segment/steps.js';
import type { ExitCode, Invocation } from '../definition.js';
import { CliError, UsageError } from '../errors.js';
import { bytes, counted } from '../output/numbers.js';
import { linesOf } from '../output/text.js';
import { SegmentInput } from '../segment/segment-input.js';

interface Options {
  readonly out?: string;
}

export async function run({ args, options, output }: Invocation<Options>): Promise<ExitCode> {
  const file = args[0]!;
  const { out } = options;
  if (out === undefined || out === '')
    throw new UsageError('salvage needs --out DIRECTORY: where the new segment is to be made');
  await refuseWhatIsWritten(file);
  const made = await salvageInto(out, file);
  if (options.json) await output.json(made);
  else {
    const found = linesOf(made.reason).join(' ');
    await output.line(`${linesOf(file).join(' ')}: ${found}`);
    const lost =
      made.holes === 0 ? 'nothing is lost' : `${counted(made.holes, 'hole')} (${bytes(made.bytes)}) lost`;
    await output.line(
      `${output.style('bold', counted(made.entries, 'entry', 'entries'))} written, ${lost}: ${linesOf(made.path).join(' ')}`,
    );
  }
  return 0;
}

async function salvageInto(directory: string, file: string): Promise<SalvagedSegment> {
  let isNew: boolean;
  try {
    isNew = mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE }) !== undefined;
  } catch (error) {
    throw new CliError(`${directory} cannot be made as a directory: ${(error as Error).message}`, 1, error);
  }
  try {
    return await salvageSegment(realpathSync(file), directory);
  } catch (error) {
    if (isNew) rmdirSync(directory);
    throw error;
  }
}

/** Its end is not there yet, and nobody needs a part of it twice. */
async function refuseWhatIsWritten(file: string): Promise<void> {
  const segment = await SegmentInput.open(file);
  segment.close();
  if (segment.writer !== 'live') return;
  const who = segment.holder?.pid === undefined ? 'a process' : `the process ${segment.holder.pid}`;
  throw new CliError(`${file} is being written by ${who}; salvage it when that has ended or sealed it`);
}
