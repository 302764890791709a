import { describe, expect, it } from 'vitest';
import { checkEntry, type Entry, MAX_NAME_BYTES } from '../src/entry.js';

const NOW = 1_767_000_000_000;
const MAX = 1_000_000;
const good = { taskId: 't', type: 'text', text: 'hello' };
const check = (entry: unknown) => checkEntry(entry as Entry, NOW, MAX);
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'AGENTLOG_ENTRY_INVALID', message: expect.stringMatching(message) });

describe('an entry', () => {
  it('needs a task, a type and a text, and gets the time', () => {
    expect(check(good)).toEqual({ ...good, agent: undefined, detail: undefined, timestamp: NOW });
  });

  it('may have an agent, a detail and a time of its own', () => {
    expect(check({ ...good, agent: 'a', detail: { n: null }, timestamp: -5 })).toEqual({
      ...good,
      agent: 'a',
      detail: '{"n":null}',
      timestamp: -5,
    });
    expect(check({ ...good, detail: null }).detail).toBe('null');
    expect(check({ ...good, other: undefined })).not.toHaveProperty('other');
  });

  it('may be empty in every text', () => {
    expect(check({ taskId: '', type: '', text: '', agent: '' })).toMatchObject({ taskId: '', agent: '' });
  });

  it.each([
    [null, /must be an object, not null/],
    ['x', /must be an object, not string/],
    [{ ...good, taskId: 7 }, /taskId must be a string, not 7/],
    [{ ...good, type: undefined }, /type must be a string, not undefined/],
    [{ ...good, text: {} }, /text must be a string, not object/],
    [{ ...good, agent: null }, /agent must be a string, not null/],
    [{ ...good, timestamp: 1.5 }, /timestamp must be whole epoch milliseconds, not 1\.5/],
    [{ ...good, timestamp: '1' }, /timestamp must be whole/],
    [{ ...good, timestamp: new Date() }, /timestamp must be whole epoch milliseconds \(date\.getTime\(\)\)/],
    [[good], /not an array; was appendBatch meant\?/],
    [{ ...good, details: 1 }, /has no field details; it has taskId, type, text, agent, detail, timestamp/],
    [{ ...good, timestamp: 2 ** 53 }, /timestamp must be whole/],
    [{ ...good, detail: { when: new Date() } }, /detail\.when is an instance of Date/],
  ])('is refused when it is %j', (entry, message) => {
    expect(() => check(entry)).toThrow(invalid(message));
  });

  it('has names of a bounded length in bytes, not in characters', () => {
    const longest = 'é'.repeat(Math.floor(MAX_NAME_BYTES / 2));
    for (const name of ['taskId', 'type', 'agent']) {
      expect(check({ ...good, [name]: `${longest}x` })).toMatchObject({ [name]: `${longest}x` });
      expect(() => check({ ...good, [name]: `${longest}é` })).toThrow(
        invalid(new RegExp(`${name} is longer`)),
      );
    }
  });
});
