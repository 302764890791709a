/** What is searched for: which texts it finds, that no text is ever anything but text, and what is shown of what was found. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { phrasesOf } from '../../src/db/match-expression.js';
import type { Snippet } from '../../src/db/snippets.js';
import { checkSearch } from '../../src/reading/query.js';
import { matchesOf } from '../support/direct-searcher.js';

const RUNS = 500;

/** What is shown of the texts that are found. */
function snippetsOf(searched: string, texts: readonly string[], type = 'text') {
  const search = { phrases: phrasesOf(searched), withSnippets: true };
  const shown = texts.map((text) => ({ type, text }));
  return matchesOf(search, shown).map(({ n, rank, snippet }) => ({ n, rank, ...snippet! }));
}

function snippetOf(searched: string, text: string): Snippet {
  return snippetsOf(searched, [text])[0]!;
}

/** Which of the texts are found. */
function found(searched: string, texts: readonly string[], type?: string): string[] {
  return snippetsOf(searched, texts, type).map(({ n }) => texts[n]!);
}

const TEXTS = [
  'Cannot find module src/db/foo.ts in the tests',
  'foo.ts AND bar OR NOT baz',
  'the tests pass: foo, then bar',
  'naïve CAFÉ',
  'col:x -x ^x NEAR(x)',
  'ab\u0000cd',
];

const FINDS: [searched: string, finds: readonly number[]][] = [
  ['tests', [0, 2]],
  ['TESTS the', [0, 2]],
  ['src/db/foo.ts', [0]],
  ['db/foo', [0]],
  ['foo/db', []],
  ['foo.ts', [0, 1]],
  ['foo bar', [1, 2]],
  ['"foo then bar"', [2]],
  ['"foo bar"', []],
  ['foo AND bar', [1]],
  ['bar OR', [1]],
  ['foo NOT', [1]],
  ['NEAR(', [4]],
  ['col:x', [4]],
  ['text:foo', []],
  ['-x ^x', [4]],
  ['"tests pass', [2]],
  ['pass tests"', [2]],
  ['5" "tests pass"', []],
  ['mod*', [0]],
  ['mod', []],
  ['*mod', []],
  ['"find mod"*', [0]],
  ['"find mod" *', []],
  ['foo - bar', [1, 2]],
  ['naive café', [3]],
  ['ab\u0000cd', [5]],
  ['cd', [5]],
  ['\ud800foo\udc00', [0, 1, 2]],
  ['', []],
  [' \n\t', []],
  ['- "" * ** "*" """ ()', []],
];

test.each(FINDS)('searching for %j finds what it says', (searched, finds) => {
  expect(found(searched, TEXTS)).toEqual(finds.map((n) => TEXTS[n]));
});

const unit = fc.oneof(
  fc.constantFrom(...'ab1AB', ...'  ""**', ..."-:^(){}+,.\\'\n\u0000\ud800"),
  fc.constantFrom('AND', 'OR', 'NOT', 'NEAR(', 'text:', '""', ' "a b" ', 'ab* '),
);
const anyText = fc.array(unit, { maxLength: 12 }).map((units) => units.join(''));

interface Part {
  readonly tokens: readonly string[];
  readonly isPrefix: boolean;
}

function tokensOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/** Character by character, as the docs say. */
function partsOf(searched: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < searched.length; ) {
    let end = at + 1;
    const closing = searched.indexOf('"', at + 1);
    if (searched[at] === '"' && closing !== -1) {
      const isPrefix = searched[closing + 1] === '*';
      parts.push({ tokens: tokensOf(searched.slice(at, closing)), isPrefix });
      end = closing + (isPrefix ? 2 : 1);
    } else if (searched[at]!.trim() !== '') {
      while (end < searched.length && searched[end]!.trim() !== '') end++;
      parts.push({ tokens: tokensOf(searched.slice(at, end)), isPrefix: searched[end - 1] === '*' });
    }
    at = end;
  }
  return parts.filter(({ tokens }) => tokens.length > 0);
}

function has(text: readonly string[], { tokens, isPrefix }: Part): boolean {
  return text.some((_, from) =>
    tokens.every((token, i) => {
      const there = text[from + i];
      return isPrefix && i === tokens.length - 1 ? there?.startsWith(token) : there === token;
    }),
  );
}

test('whatever is searched for, it finds the texts that have all of its words, and is no error', () => {
  let finds = 0;
  const texts = fc.array(anyText, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(anyText, texts, (searched, all) => {
      const parts = partsOf(searched);
      const wanted = all.filter(
        (text) => parts.length > 0 && parts.every((part) => has(tokensOf(text), part)),
      );
      expect(found(searched, all)).toEqual(wanted);
      finds += wanted.length;
    }),
    { numRuns: RUNS },
  );
  expect(finds).toBeGreaterThan(RUNS / 20);
});

test('any string at all is no error', () => {
  const units = fc.array(fc.nat({ max: 0xffff })).map((codes) => String.fromCharCode(...codes));
  const any = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), units);
  fc.assert(
    fc.property(any, any, (searched, text) => {
      found(searched, [text]);
    }),
    { numRuns: RUNS },
  );
});

test('as much as may be searched for gives an answer, and more is a TypeError that says how much may', () => {
  const most = 10_000;
  const words = Array.from({ length: most / 2 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join(' ');
  const searches: [searched: string, finds: number][] = [
    [words, 1],
    ['ab '.repeat(most / 3), 1],
    ['a'.repeat(most), 1],
    ['"'.repeat(most), 0],
    ['* '.repeat(most / 2), 0],
  ];
  for (const [searched, finds] of searches) {
    checkSearch(searched);
    expect(found(searched, [searched])).toHaveLength(finds);
  }
  for (const long of ['a'.repeat(most + 1), 'a '.repeat(most), 'a'.repeat(1024 * 1024)]) {
    expect(() => checkSearch(long)).toThrow(TypeError);
    expect(() => checkSearch(long)).toThrow(/10000 characters at most, and this one has \d+/);
  }
});

test('of what a tool put out, the first 8,192 characters are searched', () => {
  const text = `${'.'.repeat(8185)} within beyond`;
  for (const type of ['tool', 'tool_result', 'TOOL']) {
    expect(found('within', [text], type)).toEqual([text]);
    expect(found('beyond', [text], type)).toEqual([]);
  }
  expect(found('beyond', [text], 'text')).toEqual([text]);
});

/** The snippet, with `[` and `]` around its matches. */
function marked(searched: string, text: string): string {
  const { text: snippet, matches } = snippetOf(searched, text);
  let shown = '';
  let at = 0;
  for (const [start, end] of matches) {
    shown += `${snippet.slice(at, start)}[${snippet.slice(start, end)}]`;
    at = end;
  }
  return shown + snippet.slice(at);
}

test('a snippet is a part of the text around what was found, and says where that is', () => {
  expect(marked('foo.ts tests', TEXTS[0]!)).toBe('Cannot find module src/db/[foo.ts] in the [tests]');
  expect(marked('[b] <i>', 'a [b] <i> & þÿ 😀 B')).toBe('a [[b]] <[i]> & þÿ 😀 [B]');
  expect(marked('b e', 'a\0😀\0b\0c d\0e\0f')).toBe('a\0😀\0[b]\0c d\0[e]\0f');
  const long = `${'before '.repeat(1000)}needle ${'behind '.repeat(1000)}`;
  expect(marked('needle', long)).toMatch(/^…[before ]+ \[needle\] [behind ]+…$/);
  expect(marked('needle', long).length).toBeLessThan(310);
});

test('a word that is found very often costs no more than its text is long, and is shown where it begins', () => {
  const text = 'hay '.repeat(100_000);
  const { text: snippet, matches } = snippetOf('hay', text);
  expect(snippet).toBe(`${text.slice(0, 300)}…`);
  expect(matches).toEqual(Array.from({ length: 75 }, (_, n) => [n * 4, n * 4 + 3]));
});

test('what is found far behind, and across the edge of a piece, is shown', () => {
  for (let length = 700; length < 1100; length += 7) {
    const text = `${'x'.repeat(100)} ${'y '.repeat(length / 2)}one, two ${'z '.repeat(1000)}`;
    expect(marked('"one two"', text)).toMatch(/^…[y ]+\[one, two\][z ]+…$/);
  }
});

test('a snippet is short, however long words and what stands between them are', () => {
  const texts = [
    `${'a'.repeat(5000)} needle`,
    `needle${' '.repeat(5000)}needle`,
    `${'😀'.repeat(3000)} needle ${'😀'.repeat(3000)}`,
    `x${'😀'.repeat(3000)} needle ${'😀'.repeat(3000)}`,
    `needle${'e'.repeat(5000)}`,
  ];
  for (const text of texts) {
    const { text: snippet, matches } = snippetOf('needle*', text);
    expect(snippet.length).toBeLessThanOrEqual(302);
    expect(snippet.isWellFormed()).toBe(true);
    expect(text).toContain(snippet.replace(/^…|…$/g, ''));
    expect(matches.map(([start, end]) => snippet.slice(start, end))[0]).toMatch(/^needlee*$/);
  }
});

test('matches in a snippet stand in their order, within it', () => {
  fc.assert(
    fc.property(anyText, anyText, (searched, text) => {
      for (const { text: snippet, matches, rank } of snippetsOf(searched, [text])) {
        expect(rank).toBeLessThan(0);
        expect(matches.length).toBeGreaterThan(0);
        const edges = matches.flat();
        expect(edges).toEqual(edges.toSorted((a, b) => a - b));
        for (const [start, end] of matches) expect(snippet.slice(start, end)).toMatch(/^\w(.*\w)?$/s);
      }
    }),
    { numRuns: RUNS },
  );
});

test('more often in a shorter text ranks lower, which is better', () => {
  const texts = ['needle', `needle ${'hay '.repeat(50)}`, 'needle needle'];
  const ranks = snippetsOf('needle', texts).map(({ rank }) => rank);
  expect(ranks[0]).toBeLessThan(ranks[1]!);
  expect(ranks[2]).toBeLessThan(ranks[0]!);
});
