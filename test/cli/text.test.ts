/** Texts of entries on a terminal: never wider than they may be, and nothing in them that steers it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, linesOf, oneLine, pad, widthOf, wrap } from '../../tools/cli/output/text.js';

const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('a', ' ', '漢', '🦊', 'e\u0301', '\u001b[31m', '\u202e', '\r', '\n', '\t', '\0'),
  }),
);

test('whatever an entry says, one line of it is one line, and steers nothing', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const line = oneLine(text);
      expect(line).not.toMatch(STEERS);
      expect(line).not.toMatch(/[\n\t]/);
      for (const one of linesOf(text)) expect(one).not.toMatch(STEERS);
    }),
  );
});

test('what is cut is no wider than it may be, and is not cut when it fits', () => {
  fc.assert(
    fc.property(texts, fc.nat(40), (text, columns) => {
      const line = oneLine(text);
      const shown = cut(line, columns);
      expect(widthOf(shown)).toBeLessThanOrEqual(columns);
      if (widthOf(line) <= columns) expect(shown).toBe(line);
      else if (columns > 0) expect(shown.endsWith('…')).toBe(true);
    }),
  );
});

test('what is wrapped is no wider than it may be, and all of it is there', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 40 }), (text, columns) => {
      const line = oneLine(text);
      const lines = wrap(line, columns);
      for (const one of lines) expect(widthOf(one)).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''));
    }),
  );
});

test('words stay whole where they can', () => {
  expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
  expect(wrap('a 漢字漢字 b', 6)).toEqual(['a', '漢字漢', '字 b']);
  expect(wrap('', 10)).toEqual(['']);
});

test('columns are counted as terminals show them', () => {
  expect(widthOf('漢字')).toBe(4);
  expect(pad('漢', 4)).toBe('漢  ');
  expect(pad('7', 3, 'right')).toBe('  7');
  expect(cut('漢字漢字', 5)).toBe('漢字…');
  expect(cut('ab', Number.POSITIVE_INFINITY)).toBe('ab');
});
