/** A damaged segment's good records in a new one. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { salvageSegment } from '../../src/segment/salvage-segment.js';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { formatSegmentName, parseSegmentName } from '../../src/segment/segment-name.js';
import { repositoryRoot } from '../package/support/paths.js';
import { tempDir } from '../package/support/temp-dir.js';
import { Random } from '../support/random.js';
import { addRandomBatches, entryOf, headerOf, idAt, recordsOf, type Seen } from '../support/segments.js';

/** What of a record does not depend on where it stands. */
const contents = ({ type, id, payload }: Seen) => ({ type, id, payload });
const isKept = ({ type }: Seen) => type === 1 || type === 4 || type === 5;

function makeSegment(seed: number): { file: string; bytes: Buffer; kept: Seen[] } {
  const header = headerOf(seed);
  const image = new SegmentImage(header);
  addRandomBatches(image, new Random(seed), 60);
  const bytes = image.seal().bytes();
  const file = join(tempDir(), formatSegmentName({ ...header, state: 'sealed' }));
  return { file, bytes, kept: recordsOf(bytes).filter(isKept) };
}

it('keeps everything of a sound one', async () => {
  const { file, bytes, kept } = makeSegment(1);
  writeFileSync(file, bytes);
  const directory = tempDir();
  const { path, entries, holes } = await salvageSegment(file, directory);
  expect(readdirSync(directory)).toEqual([basename(path)]);
  const made = recordsOf(readFileSync(path)).filter(isKept);
  expect(made.map(contents)).toEqual(kept.map(contents));
  expect(entries).toBe(kept.filter(({ type }) => type === 1).length);
  expect(holes).toBe(0);
  expect(readFileSync(file)).toEqual(bytes);
  const [from, to] = [file, path].map((one) => parseSegmentName(basename(one))!);
  expect(to).toMatchObject({ slot: from!.slot, baseId: from!.baseId, state: 'sealed' });
  expect(to!.segmentId).not.toEqual(from!.segmentId);
});

it.each([1, 2, 3, 4, 5, 6, 7, 8])('keeps what is good of a damaged one (seed %i)', async (seed) => {
  const random = new Random(seed);
  const { file, bytes, kept } = makeSegment(seed);
  const damaged = Buffer.from(bytes);
  // From the header on, every other time.
  let at = seed % 2 === 0 ? 20 : 2000 + random.below(bytes.length - 4000);
  for (let i = 0; i < 3; i++) {
    damaged.fill(random.below(256), at, at + 1 + random.below(700));
    at = 2000 + random.below(bytes.length - 4000);
  }
  writeFileSync(file, damaged);
  const { path, entries, holes, reason } = await salvageSegment(file, tempDir());
  const made = recordsOf(readFileSync(path)).filter(isKept).map(contents);
  const all = kept.map(contents);
  expect(all).toEqual(expect.arrayContaining(made));
  expect(made.length).toBeGreaterThan(all.length / 2);
  expect(made.length).toBeLessThan(all.length);
  expect(entries).toBe(made.filter(({ type }) => type === 1).length);
  expect(holes).toBeGreaterThan(0);
  expect(reason).not.toBe('');
});

it('leaves nothing behind that a store could take for a segment when it cannot be written to its end', async () => {
  const { file, bytes } = makeSegment(1);
  writeFileSync(file, bytes);
  const [directory, program] = [tempDir(), tempDir()];
  const source = pathToFileURL(join(repositoryRoot, 'dist/src/index.js')).href;
  const code = `import { salvageSegment } from '${source}';
    await salvageSegment(...process.argv.slice(-2)).catch(({ code }) => process.stdout.write(code));`;
  writeFileSync(join(program, 'main.mjs'), code);
  // In units of 512 bytes, or of 1024: either is less than the segment has.
  const limited = ['-c', 'ulimit -f 4; exec "$@"', 'sh', process.execPath, join(program, 'main.mjs')];
  expect(bytes.length).toBeGreaterThan(4 * 1024);
  expect(execFileSync('sh', [...limited, file, directory], { encoding: 'utf8' })).toBe('AGENTLOG_IO');
  expect(readdirSync(directory)).toEqual([]);
});

it('says so when there is nothing to go by', async () => {
  const file = join(tempDir(), 'something');
  writeFileSync(file, Buffer.alloc(5000, 7));
  await expect(salvageSegment(file, tempDir())).rejects.toMatchObject({ code: 'AGENTLOG_FORMAT' });
  await expect(salvageSegment(`${file}-else`, tempDir())).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  expect(() => salvageSegment('', '')).toThrow(TypeError);
});

it('leaves out what a later segment says is nowhere', async () => {
  const directory = tempDir();
  const [header, later] = [headerOf(1), { ...headerOf(2), baseId: idAt(50) }];
  const left = new SegmentImage(header);
  for (const text of ['synced', 'rejected']) left.entry(entryOf(text), idAt(text.length)).endBatch();
  const file = join(directory, formatSegmentName({ ...header, state: 'open' }));
  writeFileSync(file, left.bytes());
  const entriesOf = async () => (await salvageSegment(file, tempDir())).entries;
  expect(await entriesOf()).toBe(2);
  const successor = new SegmentImage(later).cut({ segmentId: header.segmentId, lastBatch: 1 });
  const bytes = successor.entry(entryOf('later'), idAt(51)).endBatch().bytes();
  writeFileSync(join(directory, formatSegmentName({ ...later, state: 'open' })), bytes);
  expect(await entriesOf()).toBe(1);
});
