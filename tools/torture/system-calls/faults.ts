/** What can be done to a system call, and to which. */

/** Where the tracer begins, and with it the counting. What begins earlier is over when it comes to closing. */
export const PHASES = ['logging', 'compacting', 'healing', 'closing'] as const;
export type Phase = (typeof PHASES)[number];

/** The nth call of each thread of the process. */
export interface Fault {
  readonly phase: Phase;
  readonly what: string;
  readonly call: string;
  readonly n: number;
}

/** Before the call is made. */
export const KILL = 'SIGKILL';

/**
 * As strace is told. A call that "fails" is not made. Of writes only the count 0 can be given: any other would say that
 * something was written that was not.
 */
const FAILURES: Readonly<Record<string, readonly string[]>> = {
  fdatasync: ['EIO'],
  fsync: ['EIO'],
  pwrite64: ['ENOSPC', '0'],
  rename: ['EIO'],
  unlink: ['EIO'],
  link: ['EIO'],
  openat: ['EMFILE'],
  ftruncate: ['EIO'],
  fallocate: ['ENOSPC'],
  mkdir: ['ENOSPC'],
  // What is there is asked with one or the other.
  statx: ['EIO'],
  access: ['EIO'],
  // A descriptor whose closing fails is closed all the same, which strace cannot do.
  close: [],
};

export const CALLS = Object.keys(FAILURES);

/** Calls of which there are so many that each gets one fault, or none; the seed shifts which. */
const FREQUENT: Readonly<Record<string, readonly (readonly string[])[]>> = {
  pwrite64: [['ENOSPC'], ['0'], [KILL]],
  // These change nothing on the disk.
  openat: [['EMFILE'], [], [KILL], ['EMFILE'], [], []],
  close: [[KILL], [], [], [], [], []],
  statx: [['EIO'], []],
  access: [['EIO']],
};

/** What is done to the nth call. */
export function faultsOf(call: string, n: number, seed: number): readonly string[] {
  const choices = FREQUENT[call];
  return choices === undefined ? [...FAILURES[call]!, KILL] : choices[(n + seed) % choices.length]!;
}

export function nameOf({ phase, what, call, n }: Fault): string {
  return `${phase} ${what} ${call} ${n}`;
}

export function parseName(name: string): Fault {
  const [phase, what, call, n] = name.split(' ') as [Phase, string, string, string];
  if (
    PHASES.includes(phase) &&
    CALLS.includes(call) &&
    [...FAILURES[call]!, KILL].includes(what) &&
    Number(n) > 0
  )
    return { phase, what, call, n: Number(n) };
  throw new Error(`there is no case ${name}`);
}

/** strace's own word for it. */
export function injectionOf({ what, call, n }: Fault): string {
  const how = what === KILL ? `signal=${KILL}` : what === '0' ? 'retval=0' : `error=${what}`;
  return `inject=${call}:${how}:when=${n}`;
}
