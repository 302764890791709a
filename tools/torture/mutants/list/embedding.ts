import { tests } from '../check.js';
import type { Mutant } from '../mutant.js';

const KILLED = tests('cli/import-crash');

/** What brings entries from other programs, or takes their place. */
export const EMBEDDING: readonly Mutant[] = [
  {
    name: 'import-marks-apart',
    what: 'how far an import has come is written behind the batch, and not with it',
    file: 'tools/cli/import/importer.ts',
    find: 'await this.#log.appendBatch([...entries, ...this.#marks.entriesFor(marks.values())]);',
    replace:
      'await this.#log.appendBatch(entries); await this.#log.appendBatch(this.#marks.entriesFor(marks.values()));',
    caughtBy: KILLED,
  },
  {
    name: 'two-imports',
    what: 'two imports run into one store at once',
    file: 'tools/cli/import/import-lock.ts',
    find: 'const fd = runSync(nodeDisk, takeFileLock(path));',
    replace: 'const fd = runSync(nodeDisk, takeFileLock(path + process.pid));',
    caughtBy: KILLED,
  },
  {
    name: 'pino-answers-early',
    what: 'the transport of pino says that lines are on disk before they are',
    file: 'src/adapters/pino/line-stream.ts',
    find: 'this.#append(pieces.flatMap(({ chunk }) => this.#splitter.take(chunk))).then(() => done(), done);',
    replace: 'this.#append(pieces.flatMap(({ chunk }) => this.#splitter.take(chunk))).catch(done); done();',
    caughtBy: tests('adapters/pino'),
  },
  {
    name: 'otel-answers-early',
    what: 'the exporter of log records says SUCCESS before they are on disk',
    file: 'src/adapters/otel/exporter.ts',
    find: '    await log.appendBatch(entries);\n    return [];',
    replace: '    log.appendBatch(entries).catch(() => undefined);\n    return [];',
    caughtBy: tests('adapters/otel'),
  },
  {
    name: 'fusion-emits-early',
    what: 'a batch of the store for Fusion is told to those who listen before it is on disk',
    file: 'src/adapters/fusion/store.ts',
    find: '    const references = await this.#outbox.write(batch);\n    for (const { view } of batch) this.#listeners.emit(view);\n',
    replace:
      '    for (const { view } of batch) this.#listeners.emit(view);\n    const references = await this.#outbox.write(batch);\n',
    caughtBy: tests('adapters/fusion-crash'),
  },
];
