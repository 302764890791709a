/** Stores on small disks that are filled to the brim, and freed again, with more or less space left each time. */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process } from '../processes/process.js';
import { noDisk, withDisk } from '../small-disk.js';
import type { Run, Suite } from '../suite.js';
import type { Case, DiskArgs, Outcome } from './disk-child.js';
import { FILLINGS, type FillingName } from './fillings.js';

const PROGRAM = new URL('./disk-child.js', import.meta.url);
const STEP = 4096;
/** Of each disk, in the short form. */
const SHORT_CASES = 6;
/** One of so many in the long form; the seed shifts which. */
const LONG_ONE_OF = 6;
/** Nothing takes so long; this only ends what hangs. */
const HANGS_MS = 120_000;

const DISKS = ['tmpfs', 'ext4'] as const;
type Disk = (typeof DISKS)[number];

const nameOf = (disk: Disk, { filling, free }: Case) => `${disk} ${filling} ${free}`;

export const smallDisks: Suite = {
  name: 'small-disks',
  about:
    'small disks are full while entries are appended, compacted, healed and copied; with space again everything goes on',
  missing: () => noDisk('tmpfs', tmpdir()),
  async run(run) {
    await Promise.all(
      DISKS.map(async (disk) => {
        const cases =
          run.only === undefined
            ? casesOf(run, disk)
            : allCases().filter((one) => nameOf(disk, one) === run.only);
        const why = cases.length === 0 ? undefined : noDisk(disk, tmpdir());
        if (why === undefined) await runCases(run, disk, cases);
        else run.skip(disk, why);
      }),
    );
  },
};

function allCases(): Case[] {
  return Object.entries(FILLINGS).flatMap(([filling, { most }]) =>
    Array.from({ length: most / STEP }, (_, i) => ({ filling: filling as FillingName, free: i * STEP })),
  );
}

/** In the short form some of each kind. */
function casesOf(run: Run, disk: Disk): Case[] {
  if (run.form === 'long') return allCases().filter((_, i) => (i + run.seed) % LONG_ONE_OF === 0);
  const random = run.random(disk);
  const names = Object.keys(FILLINGS) as FillingName[];
  return Array.from({ length: SHORT_CASES }, (_, i) => {
    const filling = names[i % names.length]!;
    return { filling, free: STEP * random.below(FILLINGS[filling].most / STEP) };
  });
}

async function runCases(run: Run, disk: Disk, cases: readonly Case[]): Promise<void> {
  if (cases.length === 0) return;
  const mounted = join(run.directory, disk);
  mkdirSync(mounted);
  const args: DiskArgs = { directory: disk === 'ext4' ? join(mounted, 'disk') : mounted };
  const process = new Process(PROGRAM, { args: { ...args }, through: withDisk(disk, mounted) });
  try {
    for (const one of cases) {
      const timer = setTimeout(() => process.kill(), HANGS_MS);
      process.tell(one);
      const said = (await process.says()) as Outcome | undefined;
      clearTimeout(timer);
      if (said === undefined) {
        const { status, signal, stderr } = await process.ended;
        throw new Error(`its process ended with ${signal ?? status}: ${stderr}`);
      }
      const { entries, rejected, problem } = said;
      run.count(`cases: ${one.filling}`);
      run.count('calls that a full disk let fail', rejected);
      run.count('entries compared', entries);
      if (problem !== undefined) run.fail(nameOf(disk, one), problem);
    }
  } finally {
    await process.kill();
  }
}
