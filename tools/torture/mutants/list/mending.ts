import { tests } from '../check.js';
import type { Mutant } from '../mutant.js';

const HEALING = 'src/compactor/healing.ts';
const COMPACTOR = 'src/compactor/compactor.ts';
const REPLACING = 'src/db/replacing.ts';

const GONE = tests('compactor/healing', 'it is gone');

/** Databases that are made anew. */
export const MENDING: readonly Mutant[] = [
  {
    name: 'ledger-trusted',
    what: 'healing brings back no segment that the old ledger has',
    file: HEALING,
    find: '    let left = withoutBusy(sources, isKept).sort(compareAge);\n',
    replace:
      '    let left = withoutBusy(sources, isKept).filter(({ name }) => !this.#known.has(segmentIdOf(name))).sort(compareAge);\n',
    caughtBy: tests('compactor/healing', 'with all segments everything comes back'),
  },
  {
    name: 'archive-not-replayed',
    what: 'healing looks at waiting segments only',
    file: HEALING,
    find: 'const kept = [paths.archive, paths.quarantine];',
    replace: 'const kept = [paths.archive, paths.quarantine].slice(2);',
    caughtBy: GONE,
  },
  {
    name: 'unreadable-passed-over',
    what: 'healing passes over what the disk would not give once',
    file: HEALING,
    find: 'else failed.push(...left.filter(isLeft));',
    replace: '',
    caughtBy: tests('compactor/healing', 'asked again'),
  },
  {
    name: 'hidden-is-gone',
    what: 'a database that the disk hides for a moment is taken for one that is gone',
    file: 'src/db/file-identity.ts',
    find: 'return fileIdentity(path) !== undefined;',
    replace: 'try { return fileIdentity(path) !== undefined; } catch { return false; }',
    caughtBy: tests('db/file-identity'),
  },
  {
    name: 'rows-not-salvaged',
    what: 'healing takes no rows from the old database',
    file: HEALING,
    find: "else if (part.kind === 'rows') this.#add(part.rows);",
    replace: "else if (part.kind === 'rows') this.#add(part.rows.slice(part.rows.length));",
    caughtBy: tests('compactor/healing', 'what was asked for is done'),
  },
  {
    name: 'deletes-not-salvaged',
    what: 'healing brings back what was deleted',
    file: HEALING,
    find: 'this.#delete(part.deletions);\n        this.#deletedMayBeBack',
    replace: 'this.#deletedMayBeBack',
    caughtBy: tests('compactor/healing', 'what was deleted stays so'),
  },
  {
    name: 'last-ids-not-noted',
    what: 'a healed database does not know how far each slot has come',
    file: HEALING,
    find: '    store.noteLastIds();\n',
    replace: '',
    caughtBy: tests('compactor/healing', 'what was asked for is done'),
  },
  {
    name: 'healed-in-two-files',
    what: 'the database that was made anew has its rows in a log of its own',
    file: HEALING,
    find: '      makeOneFile(unfinishedPath(path));\n',
    replace: '',
    caughtBy: tests('compactor/healing', 'the last three are kept'),
  },
  {
    name: 'wish-forgotten',
    what: 'the wish for a rebuild is gone with the leader that began it',
    file: COMPACTOR,
    find: "runSync(disk, hasMark(paths, 'database.rebuild'))",
    replace: "runSync(disk, takeMark(paths, 'database.rebuild'))",
    caughtBy: tests('compactor/healing', 'what was asked for is still to be done'),
  },
  {
    name: 'old-log-left',
    what: 'the log of the old database is left beside the new one',
    file: REPLACING,
    find: '    else renameSync(companion',
    replace: "    else if (companion === '') renameSync(companion",
    caughtBy: tests('db/replacing'),
  },
  {
    name: 'old-not-kept',
    what: 'the old database is not kept',
    file: REPLACING,
    find: '      linkSync(path, kept);\n',
    replace: '',
    caughtBy: tests('db/replacing'),
  },
  {
    name: 'kept-without-bound',
    what: 'every damaged database is kept',
    file: REPLACING,
    find: 'const MOST_KEPT = 3;',
    replace: 'const MOST_KEPT = 300;',
    caughtBy: tests('compactor/healing', 'the last three are kept'),
  },
  {
    name: 'healed-not-read',
    what: 'there seem to be no rows for the moment in which a database takes the place of another',
    file: REPLACING,
    find: 'return isThere(path) || !isThere(healedPath(path)) ? path : healedPath(path);',
    replace: 'return path;',
    caughtBy: tests('db/replacing'),
  },
  {
    name: 'deletes-unchecked',
    what: 'whatever stands in the table of deletes is taken for one',
    file: 'src/db/deletes.ts',
    find: 'return low !== null && slot === slotOf(low) && crc === deletionCrc(taskId, one);',
    replace: 'return low !== null && slot === slotOf(low) && (crc === deletionCrc(taskId, one) || true);',
    caughtBy: tests('compactor/healing', 'a deletion that has come to say something else'),
  },
  {
    name: 'free-pages-carved',
    what: 'rows on free pages come back although nobody knows what was deleted',
    file: 'src/db/salvage.ts',
    find: "pages.all(known.areDeletionsComplete ? 'all' : 'in use')",
    replace: "pages.all('all')",
    caughtBy: tests('db/salvage', 'nothing that was deleted'),
  },
  {
    name: 'cut-evicted',
    what: 'a cut leaves the archive before the damaged segment of which it says what counts',
    file: COMPACTOR,
    find: '(file) => this.#maySpeakOfKept(file));',
    replace: '() => false);',
    caughtBy: tests('compactor/odd-segments', 'what was rejected stays so'),
  },
  {
    name: 'newer-made-anew',
    what: 'a database of a newer version is made anew',
    file: HEALING,
    find: '        if (part.isNewer) throw newerVersion(path);\n',
    replace: '        if (part.isNewer && newerVersion === undefined) return;\n',
    caughtBy: tests('compactor/healing', 'one of a newer version'),
  },
  {
    name: 'lost-database-made-empty',
    what: 'a database that is gone is taken for one that never was',
    file: 'src/compactor/lost-database.ts',
    find: '(hasAny(paths.archive) || hasAny(paths.quarantine))',
    replace: '(hasAny(paths.archive) && !hasAny(paths.archive))',
    caughtBy: GONE,
  },
];
