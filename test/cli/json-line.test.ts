import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StoredEntry } from '../../src/entry.js';
import { jsonOf } from '../../tools/cli/output/json-line.js';

/** Texts as entries come back: lone surrogates became U+FFFD when they were logged. */
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((any) => any.toWellFormed());

it('makes the text that JSON.stringify makes', () => {
  const entry: fc.Arbitrary<StoredEntry> = fc
    .record({
      id: fc.constant('0SA4NW8RFDD00'),
      taskId: text,
      type: text,
      text,
      timestamp: fc.maxSafeInteger(),
      agent: fc.option(text, { nil: undefined }),
      detail: fc.option(fc.jsonValue({ stringUnit: 'binary' }), { nil: undefined }),
    })
    .map(({ agent, detail, ...entry }) => ({
      ...entry,
      ...(agent !== undefined && { agent }),
      ...(detail !== undefined && { detail: detail as never }),
    }));
  fc.assert(
    fc.property(entry, (one) => {
      expect(jsonOf(one)).toBe(JSON.stringify(one));
    }),
  );
});
