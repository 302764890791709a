/** The text of a message of crush, whose `parts` are a JSON array of `{ type, data }`. */

interface Data {
  readonly text?: unknown;
  readonly thinking?: unknown;
  readonly content?: unknown;
  readonly name?: unknown;
  readonly input?: unknown;
}

/** What a reader of the log wants to see; the parts themselves are kept beside it. Undefined when they are none. */
export function textOfParts(parts: unknown): string | undefined {
  const text = parts instanceof Uint8Array ? Buffer.from(parts).toString() : parts;
  if (typeof text !== 'string') return undefined;
  try {
    const all = JSON.parse(text) as unknown;
    if (!Array.isArray(all)) return undefined;
    return all
      .map((part: { data?: Data | null } | null) => textOf(part?.data ?? {}))
      .filter((one) => one !== '')
      .join('\n\n');
  } catch {
    return undefined;
  }
}

function textOf({ text, thinking, content, name, input }: Data): string {
  for (const one of [text, thinking, content]) if (typeof one === 'string') return one;
  return typeof name === 'string' && typeof input === 'string' ? `${name} ${input}` : '';
}
