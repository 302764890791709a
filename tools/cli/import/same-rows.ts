/** Whether a table is the one that an earlier run read, and its rowids are those of then. */
import { createHash } from 'node:crypto';
import type { Connection } from '../../../src/db/better-sqlite3.js';
import { CliError } from '../errors.js';
import { isUnreadable, quoted, type Table } from './table.js';
import type { TableRow } from './table-pages.js';

/** A row that was read. */
export interface Witness {
  readonly rowid: string;
  readonly sha256: string;
}

/** What of a row does not change when its program goes on with it: its keys, its task and its time. */
export class Witnesses {
  readonly #names: readonly string[];

  constructor({ columns }: Table, others: readonly string[]) {
    this.#names = columns.filter(({ name, pk }) => pk > 0 || others.includes(name)).map(({ name }) => name);
  }

  of({ rowid, values }: TableRow): Witness {
    const shown = this.#names.map((name) => String(values[name]));
    const sha256 = createHash('sha256').update(JSON.stringify(shown)).digest('hex');
    return { rowid: String(rowid), sha256 };
  }

  /** Throws when what is new cannot be told from what was read. */
  check(db: Connection, table: Table, label: string, first: Witness, last: Witness, end: bigint): void {
    const isSame = ({ rowid, sha256 }: Witness): boolean | 'gone' | 'unreadable' => {
      const values = this.#rowAt(db, table, rowid);
      if (typeof values === 'string') return values;
      return this.of({ rowid: BigInt(rowid), values }).sha256 === sha256;
    };
    const [one, other] = [isSame(first), isSame(last)];
    const refuse = (why: string): never => {
      throw new CliError(
        `${label} was imported up to row ${end}, and ${why}, so what is new in it cannot be told. Import all of it into another store`,
      );
    };
    if (one === false || other === false) refuse('its rows are not those of then');
    // Of damage nobody can tell more.
    if (other !== 'gone') return;
    // Rows may be gone; only where rowids are never given twice is what comes later behind them.
    if (!table.isAutoincrement) refuse('that row is gone, whose number another one may have got');
    if (givenIn(db, table) < end) refuse('it is another table of that name');
  }

  #rowAt(
    db: Connection,
    { name, rowid }: Table,
    at: string,
  ): Record<string, unknown> | 'gone' | 'unreadable' {
    try {
      const row = db
        .prepare(`SELECT ${this.#names.map(quoted).join(', ')} FROM ${quoted(name)} WHERE ${rowid} = ?`)
        .safeIntegers()
        .get(BigInt(at)) as Record<string, unknown> | undefined;
      return row ?? 'gone';
    } catch (error) {
      if (isUnreadable(error)) return 'unreadable';
      throw error;
    }
  }
}

/** The highest rowid that was ever given. */
function givenIn(db: Connection, { name }: Table): bigint {
  const seq = db.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck().safeIntegers().get(name) as
    | bigint
    | undefined;
  return seq ?? 0n;
}
