/** A database that grows past 65,536 pages, with an index for searches, while those who bring entries into it are killed. */
import { join } from 'node:path';
import { type AgentLog, openAgentLog } from '../../../src/index.js';
import type { Run, Suite } from '../suite.js';
import { nameOf } from './entries.js';
import { Filling, type Size } from './filling.js';
import { Ledger } from './ledger.js';
import { soundness } from './soundness.js';

const MIB = 2 ** 20;
const PAGE_BYTES = 8192;
const CASE = 'filling';
const FORMS: Record<Run['form'], Size & { readonly searches: number }> = {
  short: { kills: 2, groups: [10, 30], portion: 6, bytes: 16 * MIB, searches: 20 },
  long: { kills: 8, groups: [120, 400], portion: 60, bytes: 65_537 * PAGE_BYTES, searches: 200 },
};

export const large: Suite = {
  name: 'large',
  about:
    'a database past 65,536 pages (short: 2,048), with fullText, compaction and kills going on, checks clean',
  async run(run) {
    if (run.only !== undefined && run.only !== CASE)
      throw new Error(`there is no case ${run.only}; there is: ${CASE}`);
    run.count('cases');
    const size = FORMS[run.form];
    const store = join(run.directory, 'store');
    const ledger = new Ledger();
    const filling = new Filling(store, size, run.random(CASE), ledger);
    await filling.run();
    run.count('kills', filling.kills);
    for (const trouble of filling.troubles) run.fail(CASE, trouble);

    const log = await openAgentLog(store, {
      on: { damage: ({ segment, reason }) => run.fail(CASE, `damage of ${segment}: ${reason}`) },
    });
    try {
      // Once as some of it waits, and once as all are rows.
      run.count('entries compared', await ledger.check(log));
      await log.compact();
      run.count('entries compared', await ledger.check(log));
      run.count('searches', await searchFor(log, ledger, size.searches));
      run.figure('entries acknowledged', ledger.size);
      const count = await log.count();
      await log.close();
      const { pages, rows, problems } = soundness(join(store, 'agent-log.db'));
      run.figure('pages', pages);
      for (const problem of problems) run.fail(CASE, problem);
      if (rows !== count)
        run.fail(CASE, `${rows} rows are in the database, and ${count} entries were counted`);
      if (pages * PAGE_BYTES < size.bytes) run.fail(CASE, `the database has ${pages} pages only`);
    } catch (error) {
      run.fail(CASE, error);
    } finally {
      await log.close();
    }
  },
};

/** Each entry is found by the word that it alone has. */
async function searchFor(log: AgentLog, ledger: Ledger, most: number): Promise<number> {
  let searches = 0;
  for (const { writer, n, id } of ledger.some(Math.ceil(ledger.size / most))) {
    const found = await log.search(nameOf(writer, n));
    if (found.length !== 1 || found[0]!.id !== id)
      throw new Error(
        `a search for ${nameOf(writer, n)}, which is ${id}, found ${found.map((one) => one.id).join(', ')}`,
      );
    searches++;
  }
  return searches;
}
