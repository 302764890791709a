/** What is told of a verdict, by every command that judges a segment. */
import type { Hole, Verdict } from '../../../src/segment/verdict.js';
import type { ExitCode } from '../definition.js';
import { counted } from '../output/numbers.js';
import type { Style } from '../output/output.js';

/** For `--json`. */
export function verdictJson(verdict: Verdict) {
  const { kind, reason, records, batches, entries, holeCount, holeBytes, tail } = verdict;
  return {
    kind,
    reason,
    records,
    batches,
    entries,
    holes: holeCount,
    holeBytes,
    tailBytes: tail?.length ?? 0,
  };
}

export const VERDICT_EXIT: Readonly<Record<Verdict['kind'], ExitCode>> = {
  live: 0,
  sealed: 0,
  cut: 0,
  recovered: 0,
  torn: 2,
  damaged: 3,
  unreadable: 3,
  // Nothing is wrong with it; it is this program that cannot read it.
  unsupported: 1,
};

export const VERDICT_STYLE: Readonly<Record<Verdict['kind'], Style>> = {
  live: 'cyan',
  sealed: 'green',
  cut: 'green',
  recovered: 'green',
  torn: 'yellow',
  damaged: 'red',
  unreadable: 'red',
  unsupported: 'yellow',
};

/** What to do about it; undefined when there is nothing to be done. */
export function adviceFor({ kind }: Verdict, path: string): string | undefined {
  switch (kind) {
    case 'damaged':
      return `agentlog dump ${path} shows what is good and what is not; agentlog salvage ${path} --out DIRECTORY writes what is good into a new segment`;
    case 'torn':
      return 'Nothing is to be done: what is torn was never acknowledged, and a store passes over it';
    case 'unreadable':
      return 'If it is a segment, give it back the name that it had: with it, it can be read without its header';
    case 'unsupported':
      return 'A newer agentlog can read it';
    default:
      return undefined;
  }
}

/** Without its offset, which stands beside it. */
export function describeHole({ cause, length, lost, before, after }: Hole): string {
  const bytes = counted(length, 'byte');
  switch (cause) {
    case 'header':
      return "the file's header is damaged, and its name stands in for it";
    case 'payload':
      return `the record ${lost?.id} of batch ${lost?.batch} is lost (${bytes}): its payload is not what was written`;
    case 'end':
      return `the end is missing: ${before === null ? 'no record is there' : `the last record is ${before.id} of batch ${before.batch}`}, then ${length === 0 ? 'the file ends' : `${bytes} without one`}`;
    case 'bytes': {
      const from = before === null ? 'the beginning' : `${before.id} of batch ${before.batch}`;
      const to = after === null ? 'the end' : `${after.id} of batch ${after.batch}`;
      return `${bytes} in which no record stands, between ${from} and ${to}`;
    }
  }
}
