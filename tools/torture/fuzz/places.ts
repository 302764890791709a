/** Files for commands: a segment that may be anything, and a store that has it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeManifest } from '../../../src/segment/manifest.js';
import { formatSegmentName } from '../../../src/segment/segment-name.js';
import type { Random } from '../random.js';
import { nameOf } from '../segments.js';
import { forge } from './forgery.js';
import { mutate } from './mutations.js';
import { fixtures, someSubject } from './subjects.js';

/** Where things are that a command may be given. */
export interface Places {
  /** Whatever is in it. */
  readonly segment: string;
  readonly store: string;
  /** Nothing else is in this directory. */
  readonly directory: string;
  /** For what is made; is emptied after each command. */
  readonly made: string;
}

/** For the time that `work` takes. */
export async function within(
  directory: string,
  random: Random,
  work: (places: Places) => Promise<void>,
): Promise<void> {
  const [store, made, empty] = ['store', 'made', 'empty'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const segments = join(store, 'segments');
  for (const path of [
    made,
    empty,
    segments,
    ...['locks', 'archive', 'quarantine'].map((one) => join(store, one)),
  ])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(join(store, 'agentlog.json'), encodeManifest(), { mode: 0o600 });
    if (random.chance(0.1)) writeFileSync(join(store, 'agent-log.db'), random.bytes(random.below(5000)));
    const { bytes, name } = someSegment(random);
    const segment = join(random.chance(0.8) ? segments : directory, name);
    writeFileSync(segment, bytes, { mode: 0o600 });
    await work({ segment, store, directory: empty, made });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function someSegment(random: Random): { readonly bytes: Buffer; readonly name: string } {
  if (random.chance(0.3)) {
    const { bytes, name } = random.pick(fixtures());
    const file = name === undefined ? 'other-name' : formatSegmentName(name);
    return { bytes: random.chance(0.3) ? bytes : mutate(bytes, random), name: file };
  }
  const subject = someSubject(random);
  const name = formatSegmentName(nameOf(subject.header, random.pick(['open', 'sealed'])));
  if (random.chance(0.1)) return { bytes: random.bytes(random.below(500)), name };
  return { bytes: random.chance(0.5) ? forge(subject, random) : mutate(subject.bytes, random), name };
}
