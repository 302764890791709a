/** What the command lines of the tools that test this project have in common. */

/** The named ones in their order, or all if none is named. */
export function named<Item extends { readonly name: string }>(
  what: string,
  all: readonly Item[],
  names: readonly string[],
): readonly Item[] {
  const known = new Map(all.map((item) => [item.name, item]));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new Error(`no ${what} ${unknown.join(', ')}; there are: ${[...known.keys()].join(', ')}`);
  return names.length === 0 ? all : names.map((name) => known.get(name)!);
}

/** Of a seed. */
export function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`${name} must be a whole number of at most nine digits, and is ${text}`);
}

/** Ends the process with what `work` returns, or, if the arguments are wrong, says so and ends it with 2. */
export async function runWith<Arguments>(
  read: () => Arguments,
  work: (given: Arguments) => Promise<number>,
): Promise<void> {
  let given: Arguments;
  try {
    given = read();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
    return;
  }
  process.exitCode = await work(given);
}
