/** A program that appends in every way as fast as it can, and says what was acknowledged, after it was. */

/** The text of a program's nth entry. Stands in the program as well, so that both sides know every text. */
export function textOf(name: string, n: number): string {
  return `${name}/${n} ${'é✓ "log"\n'.repeat((n * 7) % 20)}`;
}

/** What the program says after an acknowledgement: entries from `n` on; `write` and `flush` give no ids. */
export interface Acknowledgement {
  readonly n: number;
  readonly count: number;
  readonly ids?: readonly string[];
}

/**
 * Arguments: `store`, `name`, `seed`; `compacting` to compact all the time, `leading: false` never to lead. It waits to
 * be told how many entries to append, says 'done' after them and waits again; 0 means to close the store.
 */
export const APPENDER = `
  const { store, name, seed, compacting = false, leading = true } = args;
  ${textOf.toString()}
  let state = seed;
  const below = (bound) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return (state >>> 8) % bound; };
  const log = await openAgentLog(store, {
    segmentBytes: 65536,
    compact: leading,
    on: { damage: (damage) => say({ damage }), warning: ({ message }) => say({ warning: message }) },
  });
  say({ slot: (await log.stats()).slot });
  let given = 0;
  let limit = 0;
  const take = (count) => {
    const n = given;
    given += count;
    const of = (i) => ({ taskId: name, type: 'text', text: textOf(name, n + i), detail: { group: n, of: count } });
    return { n, entries: Array.from({ length: count }, (_, i) => of(i)) };
  };
  const caller = async (call) => { while (given < limit) await call(); };
  const one = async () => {
    const { n, entries } = take(1);
    say({ n, count: 1, ids: [await log.append(entries[0])] });
  };
  const batch = async () => {
    const { n, entries } = take(1 + below(12));
    say({ n, count: entries.length, ids: await log.appendBatch(entries) });
  };
  const sync = async () => {
    const { n, entries } = take(1);
    say({ n, count: 1, ids: [log.appendSync(entries[0])] });
    await new Promise((resolve) => setTimeout(resolve, below(4)));
  };
  const writeAndFlush = async () => {
    const taken = Array.from({ length: 1 + below(5) }, () => take(1));
    for (const { entries } of taken) log.write(entries[0]);
    if (below(4) === 0) log.flushSync();
    else await log.flush();
    for (const { n } of taken) say({ n, count: 1 });
  };
  const compact = async () => {
    const { entries } = await log.compact();
    say({ compacted: entries });
  };
  for (let more = await hear(); more > 0; more = await hear()) {
    limit = given + more;
    await Promise.all([...Array.from({ length: 12 }, () => one), batch, batch, sync, writeAndFlush, ...(compacting ? [compact] : [])].map(caller));
    say('done');
  }
  await log.close();
  process.exit();
`;
