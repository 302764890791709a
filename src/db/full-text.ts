/**
 * The index for searches in texts, if the database has one: FTS5 over the rows. What a tool put out is indexed up to
 * 8 KiB; it is long, and rarely what somebody looks for.
 *
 * The index holds no texts; it reads them from a view of the rows, so it can be built anew at any time.
 */
import type { Row } from '../destination.js';
import { AgentLogError } from '../errors.js';
import type { Connection, Statement } from './better-sqlite3.js';

const TOOL_CHARACTERS = 8192;
const KEY = 'fullText';

/**
 * One expression for the index, for what is read back and for texts that are no rows yet: a row is only found again by
 * exactly what was indexed.
 */
export const shown = (type: string, text: string) =>
  `iif(${type} LIKE 'tool%', substr(${text}, 1, ${TOOL_CHARACTERS}), ${text})`;

const MAKE = `
  CREATE VIEW agentLogSearchable AS SELECT id, ${shown('type', 'text')} AS text FROM agentLogEntries;
  CREATE VIRTUAL TABLE agentLogSearch
    USING fts5 (text, content = 'agentLogSearchable', content_rowid = 'id');
  INSERT INTO agentLogMeta VALUES ('${KEY}', 1);
  INSERT INTO agentLogSearch (agentLogSearch) VALUES ('rebuild')`;

/** Whether the database has the index. */
export function hasFullText(db: Connection): boolean {
  return db.prepare('SELECT 1 FROM agentLogMeta WHERE key = ?').get(KEY) !== undefined;
}

/** The index, if there is none. */
export function makeFullText(db: Connection): void {
  if (!hasFullText(db)) db.transaction(() => db.exec(MAKE)).immediate();
}

export function noFullText(): AgentLogError {
  return new AgentLogError(
    'AGENTLOG_NO_FULL_TEXT',
    'this store has no index for searches: open it with fullText: true, in any process that writes to it; the index is made with the next compact(), the next entries that come into the database, or the first search of a handle that may do that',
  );
}

export class FullText {
  readonly #insert: Statement | undefined;
  readonly #removeDoomed: Statement | undefined;
  readonly #check: Statement | undefined;

  /** With `wanted`, the index is made if there is none. Once made, it is kept up by everybody. */
  constructor(db: Connection, wanted: boolean) {
    if (wanted) makeFullText(db);
    if (!hasFullText(db)) return;
    this.#insert = db.prepare(`
      INSERT INTO agentLogSearch (rowid, text)
      VALUES ((@idHigh << 32) | @idLow, ${shown('@type', '@text')})`);
    this.#removeDoomed = db.prepare(`
      INSERT INTO agentLogSearch (agentLogSearch, rowid, text)
      SELECT 'delete', id, text FROM agentLogSearchable WHERE id IN (SELECT id FROM doomed)`);
    this.#check = db.prepare(
      "INSERT INTO agentLogSearch (agentLogSearch, rank) VALUES ('integrity-check', 1)",
    );
  }

  add({ idHigh, idLow, type, text }: Row): void {
    this.#insert?.run({ idHigh, idLow, type, text });
  }

  /** Throws when it does not have exactly the words of the rows. */
  check(): void {
    this.#check?.run();
  }

  /** Before the rows go whose ids are in the table `doomed`. */
  removeDoomed(): void {
    this.#removeDoomed?.run();
  }
}

/** A word by itself, as every tokenizer has it. */
const WORD = /(?:^|[\s"'({[,.:/])([A-Za-z0-9]+)(?=$|[\s"')}\],.:/])/;

/** Asks the index for single rows. SQLite's own check does not see that it has lost some. */
export class FullTextProbe {
  readonly #find: Statement | undefined;

  constructor(db: Connection) {
    if (hasFullText(db))
      this.#find = db.prepare(
        'SELECT 1 FROM agentLogSearch WHERE agentLogSearch MATCH ? AND rowid = (? << 32) | ?',
      );
  }

  /** Whether the row is found by one of its words. */
  finds({ idHigh, idLow, text }: Pick<Row, 'idHigh' | 'idLow' | 'text'>): boolean {
    const word = this.#find === undefined ? undefined : WORD.exec(text.slice(0, TOOL_CHARACTERS / 2))?.[1];
    return word === undefined || this.#find!.get(`"${word}"`, idHigh, idLow) !== undefined;
  }
}
