/** What becomes of a log record, whatever is in it. */
import { expect, test } from 'vitest';
import type { ExportedLogRecord } from '../../src/adapters/otel/api.js';
import { entryOf } from '../../src/adapters/otel/record-entry.js';
import { checkEntry } from '../../src/entry.js';

/** As it is read back. */
function read(record: Partial<ExportedLogRecord>) {
  const entry = entryOf({ hrTime: [1_767_000_000, 123_999_999], attributes: {}, ...record }, 'usual');
  const { detail } = checkEntry(entry, 0, 1 << 20);
  return { ...entry, detail: detail === undefined ? undefined : JSON.parse(detail) };
}

test('a record with nothing in it is an entry of the usual task', () => {
  expect(read({})).toEqual({
    timestamp: 1_767_000_000_123,
    taskId: 'usual',
    agent: undefined,
    type: 'log',
    text: '',
    detail: undefined,
  });
});

test('the conversation is the task, or else the session, or the trace; the agent has a name, or an id', () => {
  const spanContext = { traceId: 'trace', spanId: 'span' };
  const attributes = { 'session.id': 'session', 'gen_ai.agent.id': 'asst_1' };
  const all = { ...attributes, 'gen_ai.conversation.id': 'conversation', 'gen_ai.agent.name': 'planner' };
  expect(read({ spanContext, attributes: all })).toMatchObject({
    taskId: 'conversation',
    agent: 'planner',
    detail: { attributes: all, traceId: 'trace', spanId: 'span' },
  });
  expect(read({ spanContext, attributes })).toMatchObject({ taskId: 'session', agent: 'asst_1' });
  expect(read({ spanContext }).taskId).toBe('trace');
  // Nobody can be asked for by what is no text, or an empty one.
  expect(read({ attributes: { 'gen_ai.conversation.id': '', 'gen_ai.agent.name': 7 } })).toMatchObject({
    taskId: 'usual',
    agent: undefined,
  });
});

test.each([
  [{ eventName: 'gen_ai.choice', severityNumber: 9 }, 'gen_ai.choice'],
  [{ attributes: { 'event.name': 'gen_ai.tool.message' } }, 'gen_ai.tool.message'],
  [{ severityNumber: 1 }, 'trace'],
  [{ severityNumber: 12, severityText: 'Information' }, 'info'],
  [{ severityNumber: 24 }, 'fatal'],
  [{ severityText: 'Notice' }, 'Notice'],
  [{ severityNumber: 0 }, 'log'],
])('the type of %j is %s', (record, type) => {
  expect(read(record).type).toBe(type);
});

const weather = { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] };
const call = { type: 'tool_call', name: 'get_weather', arguments: { in: 'Paris' } };
const answer = {
  role: 'assistant',
  parts: [{ type: 'text', content: 'Rainy.' }, call],
  finish_reason: 'stop',
};

test.each<[name: string, record: Partial<ExportedLogRecord>, text: string, body: unknown]>([
  ['a text', { body: 'plain' }, 'plain', undefined],
  ['a message', { body: { role: 'user', content: 'Weather?' } }, 'Weather?', { role: 'user' }],
  [
    'a choice',
    { body: { index: 0, message: { role: 'assistant', content: 'Rainy.' } } },
    'Rainy.',
    { index: 0, message: { role: 'assistant' } },
  ],
  [
    'content in parts',
    { body: { content: [{ type: 'text', text: 'Weather?' }, call] } },
    `Weather?\n${JSON.stringify(call)}`,
    { content: [{ type: 'text', text: 'Weather?' }, call] },
  ],
  ['a message that only calls tools', { body: { content: null, x: 1 } }, '{"content":null,"x":1}', undefined],
  ['any other body', { body: [1, { a: true }] }, '[1,{"a":true}]', undefined],
  [
    'details of an operation',
    { attributes: { 'gen_ai.input.messages': [weather], 'gen_ai.output.messages': [answer] } },
    `Rainy.\n${JSON.stringify(call)}`,
    undefined,
  ],
  [
    'the same, as texts',
    { attributes: { 'gen_ai.output.messages': JSON.stringify([answer]) } },
    `Rainy.\n${JSON.stringify(call)}`,
    undefined,
  ],
  ['what was asked', { attributes: { 'gen_ai.input.messages': [weather] } }, 'Weather?', undefined],
  ['an exception', { attributes: { 'exception.message': '[broken' } }, '[broken', undefined],
  ['a body before attributes', { body: '', attributes: { 'exception.message': 'e' } }, '', undefined],
])('the text of %s', (_name, record, text, body) => {
  const entry = read(record);
  expect(entry.text).toBe(text);
  expect(entry.detail?.body).toEqual(body);
  expect(entry.detail?.attributes).toEqual(record.attributes);
});

test('what JSON does not have is spelt out, and what has no end is cut', () => {
  const endless: Record<string, unknown> = { name: 'endless' };
  endless.left = endless;
  endless.right = [endless];
  const deep = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`);
  const attributes = {
    endless,
    deep,
    bytes: new Uint8Array([1, 2, 255]),
    list: [undefined, Number.NaN, 10n, () => 0],
    none: undefined,
    infinite: Number.NEGATIVE_INFINITY,
    ['__proto__' as string]: 'x',
  };
  const { detail } = read({ attributes });
  expect(detail.attributes).toMatchObject({
    endless: { name: 'endless', left: '[nested too deep]', right: ['[nested too deep]'] },
    bytes: 'AQL/',
    list: [null, 'NaN', '10', null],
    infinite: '-Infinity',
  });
  expect('none' in detail.attributes).toBe(false);
  expect(JSON.stringify(detail.attributes.deep)).toContain('[nested too deep]');
});

test('what the types of OpenTelemetry do not allow keeps what is in it, too', () => {
  const cause = new TypeError('inside');
  const failed = Object.assign(new Error('outside', { cause }), { code: 'E_FAILED' });
  const attributes = {
    at: new Date(0),
    never: new Date(Number.NaN),
    failed,
    aborted: new DOMException('stopped', 'AbortError'),
    counts: new Map<string, unknown>([['a', new Set([1, 2])]]),
    where: new URL('http://localhost/x'),
    samples: new Uint16Array([1, 2]),
    buffer: new Uint8Array([1, 2, 255]).buffer,
    itself: {
      toJSON() {
        return this;
      },
    },
  };
  expect(read({ attributes }).detail.attributes).toMatchObject({
    at: '1970-01-01T00:00:00.000Z',
    never: null,
    failed: {
      name: 'Error',
      message: 'outside',
      stack: expect.stringContaining('at '),
      code: 'E_FAILED',
      cause: { name: 'TypeError', message: 'inside' },
    },
    aborted: { name: 'AbortError', message: 'stopped' },
    counts: { a: [1, 2] },
    where: 'http://localhost/x',
    samples: 'AQACAA==',
    buffer: 'AQL/',
    itself: '[nested too deep]',
  });
});

test('what a model has written may be nested without an end', () => {
  const written = '['.repeat(50_000) + ']'.repeat(50_000);
  const { text, detail } = read({ attributes: { 'gen_ai.output.messages': written } });
  expect(text).toBe('[nested too deep]');
  expect(detail.attributes).toEqual({ 'gen_ai.output.messages': written });
});

test('of the resource there is what tells services and machines apart', () => {
  const attributes = { 'service.name': 'shop', 'host.name': 'h', 'telemetry.sdk.name': 'opentelemetry' };
  const record = {
    resource: { attributes },
    instrumentationScope: { name: 'my-agent', version: '1.2.3' },
    severityNumber: 13,
    severityText: 'WARN',
    droppedAttributesCount: 2,
  };
  expect(read(record).detail).toEqual({
    resource: { 'service.name': 'shop', 'host.name': 'h' },
    scope: { name: 'my-agent', version: '1.2.3' },
    severity: { number: 13, text: 'WARN' },
    droppedAttributes: 2,
  });
});
