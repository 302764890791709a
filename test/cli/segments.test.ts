/** What the commands that look at single segments print of the committed ones, and what they make of each. */
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tryLockExclusive } from '../../src/segment/flock.js';
import { inspect } from '../../tools/cli/segment/inspection.js';
import { SegmentInput } from '../../tools/cli/segment/segment-input.js';
import { tempDir } from '../package/support/temp-dir.js';
import { agentlog, expectGolden, transcript } from './support/cli.js';
import { copyFixture, FIXTURES } from './support/segment-fixtures.js';

/** What it prints of fixtures, one after the other, each alone in the directory in which it runs. */
async function transcripts(
  args: readonly string[],
  fixtures: readonly string[],
  columns = 80,
): Promise<string> {
  const [command, ...options] = args as [string, ...string[]];
  const parts = fixtures.map(async (name) => {
    const { directory, file } = copyFixture(name);
    const ended = await agentlog([command, file, ...options], { cwd: directory, columns });
    expect(readdirSync(directory)).toEqual([file]);
    return `=== ${name}\n${transcript(ended)}`;
  });
  return (await Promise.all(parts)).join('\n');
}

/** Whoever holds its lock writes it. */
function lock(path: string): void {
  const fd = openSync(path, 'r');
  onTestFinished(() => closeSync(fd));
  expect(tryLockExclusive(fd)).toBe(true);
}

const KINDS = [
  'sealed',
  'torn-last-batch',
  'damaged-and-torn',
  'damaged-file-header',
  'newer-version',
  'unreadable',
];

test('inspect', async () => {
  expectGolden('inspect', await transcripts(['inspect'], [...KINDS, 'recycled', 'open-empty']));
});

test('inspect, for programs and on a wide terminal', async () => {
  expectGolden(
    'inspect-json',
    await transcripts(['inspect', '--json'], ['damaged-and-torn', 'newer-version']),
  );
  expectGolden('inspect-wide', await transcripts(['inspect'], ['damaged-sector-zeroed'], 160));
});

test('verify of a file', async () => {
  expectGolden('verify-segment', await transcripts(['verify'], KINDS));
  expectGolden('verify-segment-json', await transcripts(['verify', '--json'], ['sealed', 'torn-sector']));
});

test('dump', async () => {
  expectGolden('dump', await transcripts(['dump'], [...KINDS, 'damaged-sector-zeroed', 'damaged-truncated']));
});

test('dump, for programs, in full and on a wide terminal', async () => {
  const fixtures = ['damaged-and-torn', 'cut-successor'];
  expectGolden('dump-json', await transcripts(['dump', '--json'], fixtures));
  expectGolden('dump-payload', await transcripts(['dump', '--payload'], ['sealed']));
  expectGolden('dump-wide', await transcripts(['dump'], fixtures, 160));
});

test('dump --hex', async () => {
  expectGolden(
    'dump-hex',
    await transcripts(['dump', '--hex'], ['damaged-and-torn', 'cut-successor', 'newer-version']),
  );
  const around = ['dump', '--hex', '--from', '0x160', '--to', '@360', '--json'];
  expectGolden('dump-hex-json', await transcripts(around, ['damaged-record-header']));
});

test.each([
  ['the header', 'damaged-file-header', '20'],
  ['a record', 'sealed', '176'],
  ['a lost record', 'damaged-payload', '352'],
  ['a rotten header', 'damaged-record-header', '352'],
  ['the middle of a record', 'sealed', '301'],
  ['the middle of zeros', 'damaged-sector-zeroed', '700'],
  ['a record of a torn tail', 'torn-sector', '1632'],
  ['an older life', 'recycled', '856'],
  ['the end of the file', 'damaged-and-torn', '1686'],
  ['nothing', 'sealed', '1672'],
])('dump --hex --at: %s', async (what, fixture, at) => {
  const printed = await transcripts(['dump', '--hex', '--at', at], [fixture], 160);
  expectGolden(`dump-at-${what.replaceAll(' ', '-')}`, printed);
});

test.each([
  [
    ['--from', '@352', '--to', '0x21f'],
    [352, 472],
  ],
  [
    ['--from', '@353', '--to', '@543'],
    [352, 472],
  ],
  [
    ['--from', '0P1WGN4H00407', '--to', '0P1WGN4H00507'],
    [472, 544],
  ],
  [['--from', '2026-01-02T03:04:06Z'], []],
  [['--to', '-10000', '--type', 'entry'], []],
  [['--to', '1767000000000', '--type', 'entry'], [352]],
  [['--task', 'tâsk ✓ 🦊'], [472]],
  [['--type', 'tool'], [208]],
  [['--type', 'delete'], [744]],
  [
    ['--type', 'text', '--limit', '2'],
    [472, 544],
  ],
  [['--limit', '0'], []],
])('dump %j', async (args, offsets) => {
  const { directory, file } = copyFixture('sealed');
  const { stdout, code } = await agentlog(['dump', file, '--json', ...args], { cwd: directory });
  const lines = stdout.split('\n').filter((line) => line !== '');
  expect(lines.map((line) => JSON.parse(line).offset)).toEqual(offsets);
  expect(code).toBe(0);
});

test('a segment whose writer lives', async () => {
  const { directory, file } = copyFixture('open-live');
  lock(join(directory, file));
  const shown = await Promise.all(
    ['inspect', 'verify', 'dump', 'salvage'].map(async (command) => {
      const more = command === 'salvage' ? ['--out', join(directory, 'new')] : [];
      const ended = await agentlog([command, file, ...more], { cwd: directory, columns: 80 });
      return `=== ${command}\n${transcript(ended, [[String(process.pid), 'PID']])}`;
    }),
  );
  expectGolden('live-segment', shown.join('\n'));
  expect(readdirSync(directory)).toEqual([file]);
});

test('a segment that a later one cuts off', async () => {
  const { directory, file } = copyFixture('cut-abandoned');
  copyFixture('cut-successor', directory, '0007-0P1WGN4H00107-8cfc5dab0686be7faa44c78414193dad.open');
  const inspected = await agentlog(['inspect', file], { cwd: directory, columns: 80 });
  expectGolden('cut-segment', transcript(inspected));
});

test.each(FIXTURES)('%s is judged as ever', async (name) => {
  const { directory, file, reading } = copyFixture(name);
  if (reading.writer === 'live') lock(join(directory, file));
  const segment = await SegmentInput.open(join(directory, file));
  onTestFinished(() => segment.close());
  const { verdict, contents } = inspect(segment);
  // What cuts it off is not there.
  const isCut = reading.writer === 'cut';
  expect(verdict.kind).toBe(isCut ? 'recovered' : reading.verdict.kind);
  const records = Object.values(contents.records).reduce((sum, some) => sum + some, 0);
  expect(records).toBe(verdict.records);
});

test('salvage', async () => {
  const { directory, file } = copyFixture('damaged-and-torn');
  const before = readFileSync(join(directory, file));
  const out = join(tempDir(), 'made', 'here');
  const ended = await agentlog(['salvage', file, '--out', out], { cwd: directory, columns: 80 });
  const [made, ...others] = readdirSync(out) as [string, ...string[]];
  expect(others).toEqual([]);
  const masks = [
    [out, 'OUT'],
    [/(?<=0007-0P1WGN4H00007-)[0-9a-f]{32}(?=\.sealed)/g, 'NEW'],
  ] as const;
  expectGolden('salvage', transcript(ended, masks));
  const verified = await agentlog(['verify', join(out, made), '--json']);
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, verdict: { kind: 'sealed', entries: 6 } });
  expect(readFileSync(join(directory, file))).toEqual(before);
});

test('salvage says what is missing', async () => {
  const { directory, file } = copyFixture('unreadable');
  const salvage = (...args: string[]) => agentlog(['salvage', file, ...args], { cwd: directory });
  const shown = [await salvage(), await salvage('--out', file), await salvage('--out', 'new')];
  const said = shown.map((ended) => transcript(ended, [[directory, 'HERE']]));
  expectGolden('salvage-refused', said.join('\n'));
  expect(readdirSync(directory)).toEqual([file]);
});
