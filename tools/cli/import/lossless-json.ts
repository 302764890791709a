/** Values of a database's columns as JSON values, from which each can be had again. */
import type { JsonValue } from '../../../src/entry.js';

/** A surrogate that is spelt out may be half of one, which a store does not keep. */
const SPELT_SURROGATE = /\\u[dD][89a-fA-F]/;

export function columnJson(value: unknown): JsonValue {
  switch (typeof value) {
    case 'string':
      return textJson(value);
    case 'bigint': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    }
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    default:
      return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : null;
  }
}

/** The object or array that a text spells, if it spells it just as it would be spelt again; or else the text. */
function textJson(text: string): JsonValue {
  const first = text[0];
  if ((first !== '{' && first !== '[') || SPELT_SURROGATE.test(text)) return text;
  try {
    const value = JSON.parse(text) as JsonValue;
    return isShallow(value, 100) && JSON.stringify(value) === text ? value : text;
  } catch {
    return text;
  }
}

/** Deep ones are refused by the store. */
function isShallow(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((one) => isShallow(one, levels - 1));
}
