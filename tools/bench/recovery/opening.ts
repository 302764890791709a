/** How soon a process that opens a store after a crash can append to it, and has read the newest entries. */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../child.js';
import { median } from '../measure.js';
import { Filled } from '../read/filled.js';
import { number, type Report } from '../report.js';
import { inRounds } from '../rounds.js';
import type { Workplace } from '../workplace.js';
import { leaveBehind } from './crashed.js';

const SCRIPT = new URL('./opening-child.js', import.meta.url);
const MIB = 2 ** 20;
const MOST_MS = 50;
/** In the database, its index included. */
const BYTES_AN_ENTRY = 480;

interface Sizes {
  readonly rounds: number;
  readonly databaseBytes: number;
  readonly waitingBytes: number;
}

export function openingAfterCrash(sizes: Sizes, place: Workplace): Promise<Report> {
  return place.within(async (directory) => {
    const { rounds, databaseBytes, waitingBytes } = sizes;
    const crashes = [
      { name: 'one writer, segments of 8 MiB', writers: 1, segmentBytes: 8 * MIB },
      { name: '16 writers, none had sealed any', writers: 16, segmentBytes: waitingBytes },
    ];
    const stores: { name: string; path: string; bytes: number }[] = [];
    for (const [n, { name, ...crash }] of crashes.entries()) {
      const { path } = await Filled.make(join(directory, String(n)), databaseBytes / BYTES_AN_ENTRY);
      await leaveBehind(path, { ...crash, bytes: waitingBytes, kind: 'usual' });
      stores.push({ name, path, bytes: statSync(join(path, 'agent-log.db')).size });
    }
    // What filling them has left to be written back is not of the opening.
    execFileSync('sync');
    const whats = ['append', 'read'] as const;
    const took = await inRounds(
      rounds,
      stores.flatMap(({ name, path }) =>
        whats.map((what) => ({ name: `${name}, ${what}`, run: () => openingTime(path, what) })),
      ),
    );
    const of = (name: string, what: string) => took.get(`${name}, ${what}`)!;
    return {
      title: `A store with ${number(stores[0]!.bytes / MIB)} MiB of rows, and ${number(waitingBytes / MIB)} MiB that killed writers have left, opened by a new process`,
      rows: [
        ['', 'to the first append, ms', 'least', 'to the first read, ms', 'least'],
        ...stores.map(({ name }) => [
          name,
          ...whats.flatMap((what) => [
            number(median(of(name, what)), 1),
            number(Math.min(...of(name, what)), 1),
          ]),
        ]),
      ],
      bars: stores.map(({ name }) => {
        const milliseconds = median(of(name, 'append'));
        return {
          what: `to the first append, ${name}`,
          bar: `<= ${MOST_MS} ms`,
          measured: `${number(milliseconds, 1)} ms`,
          met: milliseconds <= MOST_MS,
        };
      }),
    };
  });
}

/** Killed before it can bring anything into the database, so that the next one finds the same. */
async function openingTime(path: string, what: string): Promise<number> {
  const child = new Child(SCRIPT, [path, what]);
  const took = await child.hear<number>();
  await child.kill();
  return took;
}
