/** Good segments, which are then made something else. */
import { readdirSync, readFileSync } from 'node:fs';
import { parseSegmentName, type SegmentName } from '../../../src/segment/segment-name.js';
import type { Random } from '../random.js';
import type { Seen } from '../segments.js';
import { makeSubject, SUBJECT_ENDS, type Subject } from './rot-check.js';

const MANY_SUBJECTS = 512;

/** Many inputs want a good segment, and making one takes longer than what is done with it. */
const subjects = new Map<number, Subject & { places?: ReadonlyMap<number, Seen> }>();

export function someSubject(random: Random): Subject {
  const seed = random.below(MANY_SUBJECTS);
  let subject = subjects.get(seed);
  if (subject === undefined) {
    subject = makeSubject(seed, 1 + (seed % 12), SUBJECT_ENDS[seed % SUBJECT_ENDS.length]!);
    subjects.set(seed, subject);
  }
  return subject;
}

export function placesOf(
  subject: Subject & { places?: ReadonlyMap<number, Seen> },
): ReadonlyMap<number, Seen> {
  subject.places ??= new Map(subject.records.map((record) => [record.offset, record]));
  return subject.places;
}

interface Fixture {
  readonly bytes: Buffer;
  readonly name: SegmentName | undefined;
}

let known: readonly Fixture[] | undefined;

/** The committed segments of every kind. */
export function fixtures(): readonly Fixture[] {
  const folder = new URL('../../../../test/fixtures/format-1/', import.meta.url);
  known ??= readdirSync(folder).flatMap((kind) =>
    readdirSync(new URL(`${kind}/`, folder))
      .filter((file) => file !== 'reading.json')
      .map((file) => ({
        bytes: readFileSync(new URL(`${kind}/${file}`, folder)),
        name: parseSegmentName(file),
      })),
  );
  return known;
}
