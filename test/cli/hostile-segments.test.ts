/** Segments that nobody has written like this: every command comes to an end, and steers no terminal. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { formatSegmentName } from '../../src/segment/segment-name.js';
import { CliError } from '../../tools/cli/errors.js';
import { dumpItems } from '../../tools/cli/segment/dump-items.js';
import { JsonView } from '../../tools/cli/segment/dump-json.js';
import { LinesView } from '../../tools/cli/segment/dump-lines.js';
import { HexView } from '../../tools/cli/segment/hex/hex-view.js';
import { inspect, inspectionJson } from '../../tools/cli/segment/inspection.js';
import { printInspection } from '../../tools/cli/segment/inspection-text.js';
import { NameTally } from '../../tools/cli/segment/name-tally.js';
import { SegmentInput } from '../../tools/cli/segment/segment-input.js';
import { Timeline } from '../../tools/cli/segment/timeline.js';
import { tempDir } from '../package/support/temp-dir.js';
import { Random } from '../support/random.js';
import { entryOf, headerOf, idAt } from '../support/segments.js';
import { agentlog } from './support/cli.js';
import { memoryOutput } from './support/memory-output.js';
import { copyFixture, FIXTURES } from './support/segment-fixtures.js';

const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** All that is printed of a segment, in every way. */
async function everything(path: string, at: number): Promise<string> {
  const segment = await SegmentInput.open(path);
  const { output, text } = memoryOutput(80);
  const tolerant = async (work: Promise<unknown>) => {
    await work.catch((error) => {
      if (!(error instanceof CliError)) throw error;
    });
  };
  try {
    await printInspection(output, inspect(segment));
    await output.json(inspectionJson(inspect(segment)));
    for (const isFull of [false, true]) {
      await tolerant(dumpItems(segment, new LinesView(output, segment.size, isFull), {}));
      const hex = new HexView(segment, output, { isJson: isFull, isFull });
      await hex.fileHeader();
      await tolerant(dumpItems(segment, hex, {}));
      await tolerant(hex.at(at));
    }
    await tolerant(dumpItems(segment, new JsonView(output), {}));
    return await text();
  } finally {
    segment.close();
  }
}

test.each(FIXTURES)('%s, with bytes changed, left out and cut off', async (name) => {
  const random = new Random(name.length);
  for (let i = 0; i < 12; i++) {
    const { directory, file } = copyFixture(name);
    let bytes = readFileSync(join(directory, file));
    for (let n = random.below(6); n > 0; n--) {
      const at = random.below(bytes.length);
      if (random.chance(0.7)) bytes[at] = random.below(256);
      else if (random.chance(0.5)) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 8)]);
      else bytes.fill(random.below(256), at, Math.min(bytes.length, at + random.below(600)));
    }
    if (random.chance(0.3)) bytes = bytes.subarray(0, random.below(bytes.length) + 1);
    // Still something that these commands are asked about.
    const path = join(directory, file.includes('.') ? file : `0007-0P1WGN4H00007-${'0'.repeat(32)}.open`);
    writeFileSync(path, bytes);
    expect(await everything(path, random.below(bytes.length))).not.toMatch(STEERING);
  }
});

test('names, texts and details that steer, and a detail that is too deep', async () => {
  const directory = tempDir();
  const header = headerOf(1);
  const steer = '\u001b]0;title\u0007\u009b31m\u202e\r\u2028';
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const image = new SegmentImage(header)
    .entry(
      entryOf(steer, { taskId: steer, type: steer, agent: steer, detail: JSON.stringify(steer) }),
      idAt(1),
    )
    .entry(entryOf('deep', { detail: deep, timestamp: -8.64e15 - 1 }), idAt(2))
    .entry(entryOf('spread', { detail: '{\n"a":\r\n1e400}', timestamp: Number.MAX_SAFE_INTEGER }), idAt(3))
    .entry(entryOf('broken', { detail: '{"a":' }), idAt(4))
    .delete({ taskId: steer, upTo: [idAt(1)], before: null }, idAt(5));
  const path = join(directory, formatSegmentName({ ...header, state: 'sealed' }));
  writeFileSync(path, image.endBatch().seal().bytes());
  expect(await everything(path, 100)).not.toMatch(STEERING);
  const { stdout, code } = await agentlog(['dump', path, '--json']);
  expect(code).toBe(0);
  expect(stdout).not.toMatch(STEERING);
  const lines = stdout.trimEnd().split('\n');
  const [first, second, third, fourth] = lines.map((line) => JSON.parse(line));
  expect(first).toMatchObject({ taskId: steer, type: steer, agent: steer, text: steer, detail: steer });
  expect(lines[1]).toContain(`"detail":${deep}`);
  expect(second.text).toBe('deep');
  expect(lines[2]).toContain('1e400');
  expect(third.timestamp).toBe(Number.MAX_SAFE_INTEGER);
  expect(fourth.detail).toBe('{"a":');
});

test('more names than memory has room for are counted, and not kept', () => {
  const [many, long] = [new NameTally(), new NameTally()];
  for (let i = 0; i < 150_000; i++) many.add(`task ${i}`, 1);
  for (let i = 0; i < 1000; i++) long.add(`${i}${'x'.repeat(65_000)}`, 1);
  expect([many.counted.length, many.uncounted]).toEqual([100_000, 50_000]);
  expect(long.counted.length + long.uncounted).toBe(1000);
  expect(long.counted.length).toBeLessThan(300);
});

test('times of any order and distance take a bounded number of spans, and none is lost', () => {
  const timeline = new Timeline();
  const times = [0, 1, 2 ** 42, 5, -(2 ** 40), 2 ** 42 - 1];
  for (const time of times) timeline.add(time);
  const { from, to, entries } = timeline.result!;
  expect([from, to]).toEqual([-(2 ** 40), 2 ** 42]);
  expect(entries.length).toBeLessThanOrEqual(60);
  expect(entries.reduce((sum, some) => sum + some, 0)).toBe(times.length);
});

test('the payload of a record that says more than there is', async () => {
  const { directory, file } = copyFixture('damaged-truncated');
  const { stdout, code } = await agentlog(['dump', file, '--hex', '--at', '856'], { cwd: directory });
  expect(code).toBe(3);
  expect(stdout).toContain('738: goes beyond the end of the file');
  expect(basename(file)).toMatch(/sealed$/);
});
