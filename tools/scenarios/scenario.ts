/** A situation in which a store broke elsewhere, as both sides live through it. */

import type { Process } from '../torture/processes/process.js';
import type { Random } from '../torture/random.js';
import type { OldWay } from './old-way.js';

export type Side = 'agentlog' | 'old';

export interface Scenario {
  readonly name: string;
  /** Whose way agentlog is held against. */
  readonly whose: string;
  /** In a line. */
  readonly about: string;
  /** Run by each process that writes. It is given a `Job`. */
  readonly program: URL;
  readonly processes: number;
  /** Entries of each process. */
  readonly each: Amount;
  /** How often one of the processes is ended. */
  readonly ends: Amount;
  /** Between SIGTERM and SIGKILL; without it there is only SIGKILL. */
  readonly graceMs?: number;
  /** Of a text. */
  readonly longest: number;
  readonly oldWay: OldWay;
  /** Started before the writers, and killed behind them. What they say is counted. */
  companions?(side: Side, directory: string): Process[];
}

interface Amount {
  readonly full: number;
  readonly quick: number;
}

/** What a process that writes is given. */
export interface Job {
  readonly side: Side;
  readonly directory: string;
  /** Of nobody else, also not of the one whose place it takes. */
  readonly name: string;
  /** Which of the processes side by side. */
  readonly place: number;
  readonly processes: number;
  /** Of a text. */
  readonly longest: number;
  readonly entries: number;
  /** The same on both sides. */
  readonly seed: number;
}

export interface Run {
  readonly directory: string;
  readonly random: Random;
  readonly quick: boolean;
}

export interface Outcome {
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  readonly invented: number;
  /** How often, by code. */
  readonly errors: ReadonlyMap<string, number>;
  /** What a check found; empty when all is well. */
  readonly problems: readonly string[];
  readonly milliseconds: number;
  /** To the disk, by all that use it; undefined where no disk counts them. */
  readonly writtenBytes: number | undefined;
  readonly stallMs: number;
  readonly remarks: readonly string[];
}
