/** What becomes of a line, whatever is in it: every field is kept, and nothing is made up. */
import { expect, test } from 'vitest';
import { LineForm } from '../../src/adapters/pino/line-form.js';
import { LineSplitter } from '../../src/adapters/pino/line-splitter.js';

const LABELS: Record<number, string> = { 30: 'info', 35: 'loud' };
const config = { messageKey: 'message', labelOf: (level: number) => LABELS[level] ?? String(level) };
const form = new LineForm({ taskId: 'T', taskField: 'task', maxEntryBytes: 1024, config });
const entryOf = (fields: object) => form.entryOf(JSON.stringify(fields));

test('the fields of a line are those of the entry, and the rest is its detail', () => {
  const line = {
    level: 35,
    time: 1_767_000_000_123,
    name: 'exec',
    task: 't1',
    message: 'hello',
    tool: { n: [1] },
  };
  expect(entryOf(line)).toEqual({
    type: 'loud',
    timestamp: 1_767_000_000_123,
    agent: 'exec',
    taskId: 't1',
    text: 'hello',
    detail: { tool: { n: [1] } },
  });
  const bare = { level: 30, time: 1_767_000_000_123, message: 'hello' };
  expect(entryOf(bare)).toEqual({
    type: 'info',
    timestamp: 1_767_000_000_123,
    agent: undefined,
    taskId: 'T',
    text: 'hello',
  });
});

test.each([
  ['milliseconds', 1_767_000_000_123, 1_767_000_000_123, undefined],
  ['seconds', 1_767_000_000, 1_767_000_000_000, undefined],
  ['a text', '2025-12-29T09:20:00.123Z', 1_767_000_000_123, undefined],
  ['finer milliseconds', 1_767_000_000_123.5, 1_767_000_000_123, 1_767_000_000_123.5],
  ['a finer text', '2025-12-29T09:20:00.123456789Z', 1_767_000_000_123, '2025-12-29T09:20:00.123456789Z'],
])('a time in %s', (_name, time, timestamp, kept) => {
  const entry = entryOf({ level: 30, time });
  expect(entry.timestamp).toBe(timestamp);
  expect((entry.detail as { time?: unknown } | undefined)?.time).toBe(kept);
});

test.each([42, 0, -1, 12.5, -1_767_000_000_123, 1e300])(
  '%d is no time of a clock, and stays in the detail',
  (time) => {
    const before = Date.now();
    const { timestamp, detail } = entryOf({ level: 30, time });
    expect(timestamp).toBeGreaterThanOrEqual(before);
    expect(detail).toEqual({ time });
  },
);

test('a field that is not what it should be stays in the detail', () => {
  const line = {
    level: null,
    time: 'soon',
    name: 7,
    agent: ['a'],
    task: { id: 1 },
    message: 5,
    ['__proto__']: 1,
  };
  const before = Date.now();
  const { timestamp, detail, ...rest } = form.entryOf(
    JSON.stringify(line).replace('}}', '},"__proto__":{"a":1}}'),
  );
  expect(rest).toEqual({ type: 'text', text: '', taskId: 'T', agent: undefined });
  expect(timestamp).toBeGreaterThanOrEqual(before);
  expect(detail).toMatchObject({
    level: null,
    time: 'soon',
    name: 7,
    agent: ['a'],
    task: { id: 1 },
    message: 5,
  });
});

test('who says so is the agent, and then the name stays; a number is a task, too; labels may be made before', () => {
  const entry = entryOf({
    level: 'INFO',
    time: 1_767_000_000_123,
    name: 'app',
    agent: 'reviewer',
    task: 7,
    message: '',
  });
  expect(entry).toMatchObject({ type: 'INFO', agent: 'reviewer', taskId: '7', detail: { name: 'app' } });
  expect(entryOf({ level: 42, message: 'x' }).type).toBe('42');
});

test.each(['no JSON', '{"level":30', '5', 'null', '["a"]', '"text"'])('%s is kept as text', (line) => {
  expect(form.entryOf(line)).toMatchObject({ taskId: 'T', type: 'text', text: line });
});

test('what cannot be logged by its fields is logged as text, and what is too long not at all', () => {
  const deep = `{"level":30,"message":"m","x":${'['.repeat(400)}${']'.repeat(400)}}`;
  expect(form.fittingEntryOf(deep).text).toBe('m');
  const deeper = deep.replace(/\[+/, '['.repeat(510)).slice(0, 900);
  expect(form.fittingEntryOf(deeper)).toMatchObject({ type: 'text', text: deeper });
  expect(() => form.fittingEntryOf(`{"message":"${'x'.repeat(1024)}"}`)).toThrow(/maxEntryBytes/);
});

test('lines come together from pieces that end anywhere', () => {
  const text = 'one\n{"a":"ä€😀"}\n\nlast';
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size++) {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size)
      lines.push(...splitter.take(bytes.subarray(at, at + size)));
    expect([...lines, ...splitter.end()]).toEqual(['one', '{"a":"ä€😀"}', 'last']);
  }
});

test('a line in very many pieces takes time by its length', () => {
  const splitter = new LineSplitter();
  const piece = Buffer.alloc(64 * 1024, 'x');
  const start = performance.now();
  for (let i = 0; i < 1000; i++) expect(splitter.take(piece)).toEqual([]);
  const [line] = splitter.take(Buffer.from('\n'));
  expect(line).toHaveLength(1000 * piece.length);
  // Each piece once: some tenths of a second. All that came before each piece: half a minute.
  expect(performance.now() - start).toBeLessThan(5000);
});
