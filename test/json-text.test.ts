import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_JSON_DEPTH, toJsonText } from '../src/json-text.js';

const toText = (value: unknown) => toJsonText(value, 'detail', 1_000_000);
const back = (value: unknown) => JSON.parse(toText(value));

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

describe('a JSON value', () => {
  it('comes back as given, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        // With well-formed strings JSON.parse must give the very same value, a negative zero too.
        fc.pre(JSON.stringify(value).isWellFormed() && !/\\ud[89a-f]/.test(JSON.stringify(value)));
        expect(back(value)).toStrictEqual(value);
      }),
      { numRuns: 3000 },
    );
  });

  it('is written as JSON.stringify writes it, but for the zero that it loses', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\\ud[89a-f]/.test(text));
        expect(toText(value).replaceAll('-0', '0')).toBe(text.replaceAll('-0', '0'));
      }),
    );
    expect(toText([-0, 0, 1e21, 1e-7, 0.1])).toBe('[-0,0,1e+21,1e-7,0.1]');
  });

  it('may have __proto__, constructor and toJSON as keys: they are data', () => {
    const value = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":null,"toJSON":1,"a":{"__proto__":2}}',
    );
    expect(toText(value)).toBe(
      '{"__proto__":{"polluted":true},"constructor":null,"toJSON":1,"a":{"__proto__":2}}',
    );
    const again = back(value);
    expect(Object.keys(again)).toEqual(['__proto__', 'constructor', 'toJSON', 'a']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('may come from another realm, or have no prototype', () => {
    expect(toText(runInNewContext('({ a: [1, { b: "x" }] })'))).toBe('{"a":[1,{"b":"x"}]}');
    expect(toText(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  });

  it('has lone surrogates replaced in texts and in keys', () => {
    expect(back(['a\ud800b', '\udfff', { 'k\ud83e': '🦊' }])).toEqual(['a�b', '�', { 'k�': '🦊' }]);
  });

  it('may hold any control character, quote and backslash', () => {
    const all = Array.from({ length: 0x250 }, (_, unit) => String.fromCharCode(unit)).join('');
    expect(back([all, { [all]: 1 }])).toEqual([all, { [all]: 1 }]);
  });

  it(`may be nested ${MAX_JSON_DEPTH} levels deep`, () => {
    expect(back(nested(MAX_JSON_DEPTH))).toEqual(nested(MAX_JSON_DEPTH));
  });

  it('is read once: what was checked is what is written', () => {
    let reads = 0;
    const value = {
      get a() {
        return reads++ === 0 ? 1 : undefined;
      },
    };
    expect(toText(value)).toBe('{"a":1}');
    expect(reads).toBe(1);
  });
});

class Point {
  x = 1;
}
const cycle: unknown[] = [];
cycle.push({ cycle });
const withHole: unknown[] = [1];
withHole[2] = 2;

describe('what JSON.stringify would drop or change is refused', () => {
  const refused: [string, unknown, RegExp][] = [
    ['undefined', undefined, /detail is undefined/],
    ['an undefined property', { a: undefined }, /detail\.a is undefined/],
    ['an undefined item', [1, undefined], /detail\[1\] is undefined/],
    ['a hole in an array', withHole, /detail\[1\] is a hole/],
    ['a function', { f() {} }, /detail\.f is a function/],
    ['a symbol', [Symbol('s')], /a symbol/],
    ['NaN', { a: [{ b: Number.NaN }] }, /detail\.a\[0\]\.b is NaN/],
    ['Infinity', Number.NEGATIVE_INFINITY, /detail is -Infinity/],
    ['a bigint', { n: 1n }, /detail\.n is a bigint/],
    ['a Date', { at: new Date(0) }, /detail\.at is an instance of Date/],
    ['a Map', new Map(), /an instance of Map/],
    ['a Set', new Set(), /an instance of Set/],
    ['an Error', new Error('x'), /an instance of Error/],
    ['a RegExp', /x/, /an instance of RegExp/],
    ['a Buffer', Buffer.from('x'), /an instance of Buffer/],
    ['a typed array', new Uint8Array(2), /an instance of Uint8Array/],
    ['a class instance', new Point(), /an instance of Point/],
    [
      'a thing made from a bare prototype',
      Object.create(Object.create(null, { toJSON: { value: () => 7 } })),
      /instance/,
    ],
    ['a key of any length', { ['k'.repeat(1e6)]: undefined }, /^detail\.k{60} is undefined/],
    ['a boxed string', Object('x'), /an instance of String/],
    ['a toJSON method', { toJSON: () => 1 }, /detail\.toJSON is a function/],
    ['a symbol key', { [Symbol('s')]: 1 }, /hidden or symbol/],
    ['a hidden property', Object.defineProperty({}, 'a', { value: 1 }), /hidden or symbol/],
    ['an array with a name', Object.assign([1], { name: 'x' }), /further properties/],
    ['a match of a regular expression', /a/.exec('a'), /further properties/],
    ['keys that lone surrogates make one', { 'a\ud800': 1, 'a\ud801': 2 }, /differ only/],
    ['a cycle', cycle, /a cycle/],
    ['too deep a nesting', nested(MAX_JSON_DEPTH + 1), /deeper than/],
    ['a nesting that would overflow the stack', nested(200_000), /deeper than/],
  ];
  it.each(refused)('%s', (_, value, message) => {
    expect(() => toText(value)).toThrow(message);
    expect(() => toText(value)).toThrow(expect.objectContaining({ code: 'AGENTLOG_ENTRY_INVALID' }));
  });

  it('a text beyond the bound, before memory is spent on it', () => {
    let shared: unknown = 'x';
    for (let i = 0; i < 100; i++) shared = [shared, shared];
    expect(() => toText(shared)).toThrow(expect.objectContaining({ code: 'AGENTLOG_ENTRY_TOO_LARGE' }));
    expect(() => toText('x'.repeat(1_000_001))).toThrow(
      expect.objectContaining({ code: 'AGENTLOG_ENTRY_TOO_LARGE' }),
    );
    let objects: unknown = 'x';
    for (let i = 0; i < 100; i++) objects = { a: objects, b: objects };
    expect(() => toText(objects)).toThrow(expect.objectContaining({ code: 'AGENTLOG_ENTRY_TOO_LARGE' }));
  });
});
