/** One recording, with what was there before it: as the program that judges it reads it, and as it is kept of a failure. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Random } from '../random.js';
import { RecordedDisk, type Remains } from './disk.js';
import { Ledger } from './ledger.js';
import { live } from './lives.js';
import type { Mark } from './marks.js';
import type { Recorder } from './recorder.js';
import { type Event, parseRecording } from './recording.js';
import { bringInto, remainsIn } from './remains.js';

/** In the root of what is recorded. The directories above the store are made with it. */
export const STORE = 'home/agents/log';

/** How the power left the disk, and the marks up to then. */
export interface Beginning {
  readonly remains: readonly Remains[];
  readonly marks: readonly Mark[];
}

export const EMPTY: Beginning = { remains: [{ path: '', inode: 0, content: undefined }], marks: [] };

export interface Take {
  readonly disk: RecordedDisk;
  readonly ledger: Ledger;
  readonly events: readonly Event[];
}

const FILES = { events: 'events', before: 'before' } as const;

/** In `directory`, which must not be there. */
export async function record(
  recorder: Recorder,
  directory: string,
  { remains, marks }: Beginning,
  lives: number,
  firstNumber: number,
  random: Random,
): Promise<void> {
  mkdirSync(directory);
  const [behind, mount] = [join(directory, 'behind'), join(directory, 'mount')];
  bringInto(behind, remains);
  mkdirSync(mount);
  // With the numbers of the inodes that the recorder sees.
  writeFileSync(join(directory, FILES.before), serialize({ remains: remainsIn(behind), marks }));
  await recorder.during(behind, mount, join(directory, FILES.events), () =>
    live(mount, join(mount, STORE), firstNumber, lives, random),
  );
}

/** As `record` left it. */
export function takeFrom(directory: string): Take {
  const { remains, marks } = deserialize(readFileSync(join(directory, FILES.before))) as Beginning;
  const ledger = new Ledger();
  for (const mark of marks) ledger.learn(mark);
  const events = parseRecording(readFileSync(join(directory, FILES.events)));
  return { disk: new RecordedDisk(remains), ledger, events };
}

export function markIn(event: Event): Mark | undefined {
  return event.kind === 'mark' ? (JSON.parse(event.text) as Mark) : undefined;
}

/** The power goes somewhere in the recording; what goes on begins with what is left. */
export function beginningAfter(directory: string, random: Random): Beginning {
  const { disk, events } = takeFrom(directory);
  const { marks } = deserialize(readFileSync(join(directory, FILES.before))) as Beginning;
  const cut = random.between(Math.floor(events.length / 2), events.length);
  const later: Mark[] = [];
  for (const event of events.slice(0, cut)) {
    disk.happens(event);
    const mark = markIn(event);
    if (mark !== undefined) later.push(mark);
  }
  return { remains: disk.afterPowerCut(random), marks: [...marks, ...later] };
}
