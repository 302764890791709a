/**
 * JSON text for a value that is exactly a JSON value, and a refusal for everything that JSON.stringify would drop or
 * change without a word.
 *
 * The text is built in one pass that reads each property once: checking first and calling JSON.stringify afterwards
 * would let a getter show one value to the check and another to the encoder.
 */
import { AgentLogError } from './errors.js';

import { printableName } from './printable.js';
/** Deeper values are refused, before any stack is at risk; SQLite's JSON functions end at 1,000. */
export const MAX_JSON_DEPTH = 500;

// Quotes, backslashes, control characters and surrogates need JSON.stringify; most strings have none of them.
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** `name` is what messages call the value; a text longer than `maxLength` characters is refused while it grows. */
export function toJsonText(value: unknown, name: string, maxLength: number): string {
  return new JsonWriter(name, maxLength).textOf(value);
}

class JsonWriter {
  readonly #name: string;
  readonly #maxLength: number;
  /** The way down to the value at hand: for messages, for the bound on depth, and to tell a cycle from depth. */
  readonly #objects: object[] = [];
  readonly #keys: (string | number)[] = [];

  constructor(name: string, maxLength: number) {
    this.#name = name;
    this.#maxLength = maxLength;
  }

  textOf(value: unknown): string {
    switch (typeof value) {
      case 'string':
        this.#checkLength(value);
        return quote(value);
      case 'number':
        return this.#numberText(value);
      case 'boolean':
        return value ? 'true' : 'false';
      case 'object':
        if (value === null) return 'null';
        return Array.isArray(value) ? this.#arrayText(value) : this.#objectText(value);
      default:
        throw this.#refusal(value === undefined ? 'undefined' : `a ${typeof value}`);
    }
  }

  #numberText(value: number): string {
    if (!Number.isFinite(value)) throw this.#refusal(String(value));
    // JSON has a negative zero and JSON.parse gives it back; only JSON.stringify loses it.
    return Object.is(value, -0) ? '-0' : String(value);
  }

  #arrayText(array: readonly unknown[]): string {
    this.#enter(array);
    let text = '';
    for (let i = 0; i < array.length; i++) {
      this.#keys[this.#keys.length - 1] = i;
      const item = array[i];
      if (item === undefined && !Object.hasOwn(array, i)) throw this.#refusal('a hole in an array');
      text += (i === 0 ? '' : ',') + this.textOf(item);
      this.#checkLength(text);
    }
    this.#leave();
    // "length" is the one own name of an array beside its items.
    if (ownProperties(array) !== array.length + 1) throw this.#refusal('an array with further properties');
    return `[${text}]`;
  }

  #objectText(object: object): string {
    if (!isPlain(object)) throw this.#refusal(`an instance of ${className(object)}`);
    this.#enter(object);
    const keys = Object.keys(object);
    let text = '';
    for (const key of keys) {
      this.#keys[this.#keys.length - 1] = key;
      const member = `${quote(key)}:${this.textOf((object as Record<string, unknown>)[key])}`;
      text += text === '' ? member : `,${member}`;
      this.#checkLength(text);
    }
    this.#leave();
    if (ownProperties(object) !== keys.length)
      throw this.#refusal('an object with hidden or symbol properties');
    if (keysMerge(keys)) throw this.#refusal('an object whose keys differ only in lone surrogates');
    return `{${text}}`;
  }

  #enter(object: object): void {
    if (this.#objects.includes(object)) throw this.#refusal('a cycle');
    if (this.#objects.length === MAX_JSON_DEPTH) {
      this.#keys.length = 0;
      throw this.#refusal(`nested deeper than ${MAX_JSON_DEPTH} levels`);
    }
    this.#objects.push(object);
    this.#keys.push('');
  }

  #leave(): void {
    this.#objects.pop();
    this.#keys.pop();
  }

  /** A few objects that share their children can spell out a text without end. */
  #checkLength(text: string): void {
    if (text.length > this.#maxLength) {
      throw new AgentLogError(
        'AGENTLOG_ENTRY_TOO_LARGE',
        `${this.#name} is longer than ${this.#maxLength} characters as JSON`,
      );
    }
  }

  #refusal(what: string): AgentLogError {
    let where = this.#name;
    for (const key of this.#keys) where += typeof key === 'number' ? `[${key}]` : `.${printableName(key)}`;
    return new AgentLogError(
      'AGENTLOG_ENTRY_INVALID',
      `${where} is ${what}, which JSON cannot keep as it is`,
    );
  }
}

/** As JSON.stringify, and faster for most texts; what is not well-formed becomes so. */
export function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text.toWellFormed()) : `"${text}"`;
}

/** Plain means: made by a literal, JSON.parse or Object.create(null), in whichever realm. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

function className(object: object): string {
  const name: unknown = object.constructor?.name;
  return typeof name === 'string' && name !== '' ? printableName(name) : 'a class';
}

function ownProperties(object: object): number {
  return Object.getOwnPropertyNames(object).length + Object.getOwnPropertySymbols(object).length;
}

/** Lone surrogates become U+FFFD, which may make two keys one; JSON.parse would keep only the last. */
function keysMerge(keys: readonly string[]): boolean {
  if (keys.every((key) => key.isWellFormed())) return false;
  return new Set(keys.map((key) => key.toWellFormed())).size < keys.length;
}
