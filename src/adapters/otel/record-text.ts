/** What was said, as text that can be read and searched, wherever the event has it. */
import type { JsonValue } from '../../entry.js';
import { jsonOf } from './any-value.js';

/** Events without a body: what a model answered or was asked, what was judged, what went wrong. */
const TEXT_ATTRIBUTES = [
  'gen_ai.output.messages',
  'gen_ai.input.messages',
  'gen_ai.evaluation.explanation',
  'exception.message',
];

interface RecordText {
  readonly text: string;
  /** What the text does not have of the body. */
  readonly body: JsonValue | undefined;
}

export function textOf(
  body: JsonValue | undefined,
  attributes: { readonly [name: string]: JsonValue },
): RecordText {
  if (typeof body === 'string') return { text: body, body: undefined };
  if (body === undefined || body === null) {
    const name = TEXT_ATTRIBUTES.find((candidate) => attributes[candidate] !== undefined);
    return { text: name === undefined ? '' : said(parsed(attributes[name]!)), body: undefined };
  }
  const found = contentOf(body);
  if (found === undefined) return { text: JSON.stringify(body), body: undefined };
  const { content, others } = found;
  const isAll = typeof content === 'string';
  return { text: said(content), body: isAll ? others : body };
}

interface Content {
  readonly content: JsonValue;
  /** The body without it. */
  readonly others: { [key: string]: JsonValue };
}

/** Of `gen_ai.user.message` and its like, and of `gen_ai.choice`, where it is in the `message`. */
function contentOf(body: JsonValue): Content | undefined {
  if (!isObject(body)) return undefined;
  const { content, ...others } = body;
  // A message that only calls tools has none.
  if (content !== undefined && content !== null) return { content, others };
  const inner = contentOf(body.message ?? null);
  return inner && { content: inner.content, others: { ...body, message: inner.others } };
}

/** The words of messages and their parts, a line each; what has no words, such as the call of a tool, as JSON. */
function said(content: JsonValue): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(said).join('\n');
  if (!isObject(content)) return JSON.stringify(content);
  const words = content.parts ?? content.content ?? content.text;
  return words === undefined ? JSON.stringify(content) : said(words);
}

/** Where attributes can only be texts, messages are there as JSON. */
function parsed(value: JsonValue): JsonValue {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    // Not deeper than other values: a model may have written anything.
    return jsonOf(JSON.parse(value)) ?? null;
  } catch {
    return value;
  }
}

function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
