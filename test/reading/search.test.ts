/**
 * Searches against a plain array: whatever was appended, deleted, compacted, killed or cut off before, whichever handle is
 * asked, and whatever becomes a row or is appended in the middle of it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredEntry } from '../../src/entry.js';
import type { SearchResult } from '../../src/reading/api.js';
import { directSearcher } from '../support/direct-searcher.js';
import { actsWith, ModelStore, matches, type Question, questionWith } from './support/model-store.js';

const RUNS = 70;
const WORDS = ['alpha', 'beta', 'gamma', 'alphabet'];

const words = fc.array(fc.constantFrom(...WORDS), { maxLength: 5 }).map((some) => some.join(' '));
const text = fc.oneof(
  { weight: 12, arbitrary: words },
  // Of the type "tool", only the beginning of this is searched.
  { weight: 1, arbitrary: words.map((some) => `alpha ${'x '.repeat(4096)}${some}`) },
);

/** What is searched for, and which texts have it. */
const SEARCHES: { readonly [searched: string]: (found: string) => boolean } = {
  alpha: (found) => /\balpha\b/.test(found),
  'alph*': (found) => /\balpha/.test(found),
  'gamma beta': (found) => /\bgamma\b/.test(found) && /\bbeta\b/.test(found),
  '"alpha beta"': (found) => /\balpha beta\b/.test(found),
  delta: () => false,
};

function hasIn({ type, text: whole }: StoredEntry, searched: string): boolean {
  return SEARCHES[searched]!(type === 'tool' ? whole.slice(0, 8192) : whole);
}

/** All that the question asks for, page by page: each of what there is when it is searched for. How many there were. */
async function ask(store: ModelStore, asked: Question, searched: string): Promise<number> {
  const { filter } = store.wantedBy(asked);
  const log = store.logs[asked.who]!;
  let finds = 0;
  for (let { before } = filter; ; ) {
    const options = { ...filter, before, limit: asked.count };
    const isWanted = (entry: StoredEntry) => matches(entry, options) && hasIn(entry, searched);
    const expected = store.model.filter(isWanted).reverse().slice(0, asked.count);
    const results = await log.search(searched, options);
    expect(entriesOf(results)).toEqual(expected);
    for (const { rank, snippet, matches } of results) {
      expect(rank).toBeLessThan(0);
      expect(matches).not.toEqual([]);
      for (const [start, end] of matches) expect(snippet.slice(start, end)).toMatch(/^(\w+|alpha beta)$/);
    }
    finds += results.length;
    if (results.length === 0 || results.length < asked.count) return finds;
    before = results.at(-1)!.id;
  }
}

function entriesOf(results: readonly SearchResult[]): StoredEntry[] {
  return results.map(({ rank: _rank, snippet: _snippet, matches: _matches, ...entry }) => entry);
}

const LATE = {
  taskId: 'a',
  type: 'text',
  text: 'alpha beta gamma',
  agent: undefined,
  detail: undefined,
  timestamp: 25,
};

/** What comes between two questions to SQLite. */
const between = fc.constantFrom('nothing', 'compact', 'append', 'append and compact');

test('a search gives what a plain array would give, page by page', async () => {
  const act = actsWith(text);
  const searching = fc.tuple(questionWith(6), fc.constantFrom(...Object.keys(SEARCHES)));
  const step = fc.tuple(fc.array(act, { maxLength: 8 }), searching, fc.array(between, { maxLength: 6 }));
  const steps = fc.array(step, { minLength: 1, maxLength: 8 });
  let finds = 0;
  let meanwhile = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), steps, async (seed, all) => {
      const store = new ModelStore(seed);
      const { scene } = store;
      scene.database.fullText = true;
      let coming: (typeof between extends fc.Arbitrary<infer One> ? One : never)[] = [];
      scene.searcher = directSearcher(scene.database.path, async () => {
        const what = coming.shift() ?? 'nothing';
        if (what === 'nothing') return;
        meanwhile++;
        // Not a part of what was there when the search began.
        if (what !== 'compact') await store.do({ kind: 'append', who: 0, entry: LATE });
        if (what !== 'append') await scene.compact('compactor', 0, 3000);
      });
      await store.openAll();
      for (const [acts, [asked, searched], comes] of all) {
        for (const one of acts) await store.do(one);
        coming = [...comes];
        finds += await ask(store, asked, searched);
        expect(scene.damages).toEqual([]);
      }
      await store.closeAll();
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(finds).toBeGreaterThan(RUNS);
  expect(meanwhile).toBeGreaterThan(RUNS);
});
