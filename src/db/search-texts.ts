/** Which of some texts have what is searched for, as if they were rows: through an index in memory. */
import { betterSqlite3 } from './better-sqlite3.js';
import { shown } from './full-text.js';
import { allOf } from './match-expression.js';
import { type Snippet, Snippets } from './snippets.js';

export interface TextSearch {
  readonly phrases: readonly string[];
  /** Whether it is wanted where in the texts they are. */
  readonly withSnippets: boolean;
}

export interface ShownText {
  readonly type: string;
  readonly text: string;
}

export interface TextMatch {
  /** Which one of the texts. */
  readonly n: number;
  /** SQLite's bm25 among all of them: the lower, the better. */
  readonly rank: number;
  /** If they are wanted. */
  readonly snippet: Snippet | undefined;
}

const PAGE_ROWS = 1000;

/** An empty page asks for more texts, until there are none. Then come those that match, in their order. */
export function* matchTexts({
  phrases,
  withSnippets,
}: TextSearch): Generator<readonly TextMatch[], void, readonly ShownText[] | undefined> {
  const db = new (betterSqlite3())(':memory:');
  try {
    db.exec('CREATE VIRTUAL TABLE texts USING fts5 (text)');
    const snippets = withSnippets ? new Snippets(db, phrases) : undefined;
    db.exec('BEGIN');
    const show = db.prepare(`SELECT ${shown('@type', '@text')}`).pluck();
    const insert = db.prepare('INSERT INTO texts (rowid, text) VALUES (?, ?)');
    let n = 0;
    for (let some = yield []; some !== undefined; some = yield []) {
      for (const { type, text } of some) {
        const searched = show.get({ type, text }) as string;
        insert.run(n, searched);
        snippets?.add(n, searched);
        n++;
      }
    }
    const select = db
      .prepare('SELECT rowid, bm25(texts) FROM texts WHERE texts MATCH ? ORDER BY rowid')
      .raw();
    let page: TextMatch[] = [];
    for (const [found, rank] of select.iterate(allOf(phrases)) as IterableIterator<[number, number]>) {
      page.push({ n: found, rank, snippet: snippets?.of(found) });
      if (page.length < PAGE_ROWS) continue;
      yield page;
      page = [];
    }
    yield page;
  } finally {
    db.close();
  }
}
