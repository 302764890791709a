/** From a value of OpenTelemetry's (`AnyValue`) to JSON, with what JSON does not have as the protocol's own JSON spells it. */
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import type { JsonValue } from '../../entry.js';

/** Deeper values are cut off. The log takes some hundred levels. */
const MOST_LEVELS = 100;
const CUT = '[nested too deep]';

/** Undefined for what has no value: undefined, a function, a symbol. `within`: what it is a part of. */
export function jsonOf(value: unknown, within: readonly object[] = []): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : objectOf(value, within);
    default:
      return undefined;
  }
}

function objectOf(value: object, within: readonly object[]): JsonValue | undefined {
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value).toString('base64');
  // What holds itself has no end at all.
  if (within.length === MOST_LEVELS || within.includes(value)) return CUT;
  const levels = [...within, value];
  // A hole in a list would move what is behind it.
  if (Array.isArray(value)) return Array.from(value, (item) => jsonOf(item, levels) ?? null);
  // Programs in JavaScript log what the API's types do not allow: times, errors, maps.
  if ('toJSON' in value && typeof value.toJSON === 'function') return jsonOf(value.toJSON(), levels);
  if (types.isSet(value)) return objectOf([...value], within);
  const members = Object.entries(membersOf(value)).map(([name, member]) => [name, jsonOf(member, levels)]);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function membersOf(value: object): object {
  if (types.isMap(value)) return Object.fromEntries(value);
  // An abort's is an `Error` that is none of the language's own; one of another realm is not `instanceof` this one.
  if (!types.isNativeError(value) && !(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, cause, ...(value as object) };
}
