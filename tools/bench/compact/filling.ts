/** Entries that are rows in the end, against SQLite alone: how fast, for how many bytes written, in how much memory. */
import { resultOf } from '../child.js';
import { median } from '../measure.js';
import { number, type Report } from '../report.js';
import { inRounds, timesAsFast } from '../rounds.js';
import { versions } from '../versions.js';
import type { Workplace } from '../workplace.js';
import { whileCounting } from './disk-figures.js';
import type { Filling } from './filling-child.js';

export const FILLING_SCRIPT = new URL('./filling-child.js', import.meta.url);
const MIB = 2 ** 20;

const LEAST_TIMES = 2;
const MOST_WRITTEN = 5;
const LEAST_LESS_WRITTEN = 6;
const MOST_MEMORY_MIB = 200;
/** One commit for each entry is so slow that fewer of them must do for the bytes that it writes. */
const AUTOCOMMIT_PART = 20;

const AGENTLOG = 'agentlog';
const TRANSACTIONS = 'SQLite, 50 a transaction';
const AUTOCOMMIT = 'SQLite, autocommit';

interface Counted extends Filling {
  readonly diskBytes: number;
}

export async function filling(
  callers: number,
  entries: number,
  rounds: number,
  place: Workplace,
): Promise<Report> {
  const contender = (name: string, store: string, count: number, crowd: number) => ({
    name,
    run: () =>
      place.within(async (directory): Promise<Counted> => {
        const [filling, diskBytes] = await whileCounting(directory, () =>
          resultOf<Filling>(FILLING_SCRIPT, [directory, store, count, crowd]),
        );
        return { ...filling, diskBytes: diskBytes ?? filling.writeBytes };
      }),
  });
  const results = await inRounds(rounds, [
    contender(AGENTLOG, 'agentlog', entries, callers),
    contender(TRANSACTIONS, 'sqlite', entries, 50),
    contender(AUTOCOMMIT, 'sqlite', Math.ceil(entries / AUTOCOMMIT_PART), 1),
  ]);
  const rates = perRound(results, (one) => (one.entries / one.milliseconds) * 1000);
  const processWrote = perRound(results, (one) => one.writeBytes / one.loggedBytes);
  // What others write can only add to it, so the least of the rounds comes nearest to the truth.
  const written = new Map(
    [...results].map(([name, all]) => [name, Math.min(...all.map((one) => one.diskBytes / one.loggedBytes))]),
  );
  const memory = perRound(results, (one) => one.memory / MIB);
  const times = timesAsFast(rates, AGENTLOG, TRANSACTIONS);
  const writtenByAgentlog = written.get(AGENTLOG)!;
  const less = written.get(AUTOCOMMIT)! / writtenByAgentlog;
  const memoryOfAgentlog = median(memory.get(AGENTLOG)!);
  return {
    title: `${number(entries)} entries of ${number(callers)} callers (${AUTOCOMMIT}: ${number(entries / AUTOCOMMIT_PART)}), as rows, with the log of SQLite written back`,
    versions: versions([]),
    rows: [
      ['', 'entries/s', 'written for a byte logged', 'by /proc/self/io', 'most memory, MiB'],
      ...[...results.keys()].map((name) => [
        name,
        number(median(rates.get(name)!)),
        number(written.get(name)!, 2),
        number(median(processWrote.get(name)!), 2),
        number(median(memory.get(name)!)),
      ]),
    ],
    bars: [
      {
        what: `appended and in SQLite, against ${TRANSACTIONS}`,
        bar: `>= ${number(LEAST_TIMES, 2)}x`,
        measured: `${number(times, 2)}x`,
        met: times >= LEAST_TIMES,
      },
      {
        what: 'bytes written for a byte logged',
        bar: `<= ${MOST_WRITTEN}`,
        measured: number(writtenByAgentlog, 2),
        met: writtenByAgentlog <= MOST_WRITTEN,
      },
      {
        what: `bytes written, against ${AUTOCOMMIT}`,
        bar: `>= ${LEAST_LESS_WRITTEN}x less`,
        measured: `${number(less, 2)}x`,
        met: less >= LEAST_LESS_WRITTEN,
      },
      {
        what: `most memory of ${number(entries)} appends, compaction included`,
        bar: `<= ${MOST_MEMORY_MIB} MiB`,
        measured: `${number(memoryOfAgentlog)} MiB`,
        met: memoryOfAgentlog <= MOST_MEMORY_MIB,
      },
    ],
  };
}

function perRound(
  results: ReadonlyMap<string, readonly Counted[]>,
  figure: (one: Counted) => number,
): Map<string, number[]> {
  return new Map([...results].map(([name, fillings]) => [name, fillings.map(figure)]));
}
