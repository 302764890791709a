/** What a durable append costs, against the disk's own limit and against what a host might take instead. */
import { agentlog, agentlogSync } from './append/agentlog.js';
import { bareLimit, bareLimitSync } from './append/bare-limit.js';
import type { Contender } from './append/contender.js';
import { crowds, ENTRIES_EACH, PROCESSES } from './append/crowd.js';
import { eventLoopDelay } from './append/delay.js';
import { jsonLines, jsonLinesSync } from './append/json-lines.js';
import { classicLevel } from './append/level.js';
import { lmdb, lmdbSync } from './append/lmdb.js';
import { memory } from './append/memory.js';
import { type Pace, race } from './append/race.js';
import { sqliteAutocommit, sqliteTransactions } from './append/sqlite.js';
import { median } from './measure.js';
import { type Bar, number, type Report } from './report.js';
import { type Rates, timesAsFast } from './rounds.js';
import { versions } from './versions.js';
import { Workplace } from './workplace.js';

const FULL = { rounds: 9, milliseconds: 400, appends: 1_000_000 };
const QUICK = { rounds: 2, milliseconds: 100, appends: 100_000 };

const MANY = 1024;
const SQLITE = 'SQLite, autocommit';
const LMDB = 'lmdb';
const LIMIT = 'bare limit';

/** Against whom, and how many times as fast agentlog is to be at least. */
type Goals = readonly (readonly [against: string, atLeast: number])[];

interface Scenario {
  readonly name: string;
  readonly goals: Goals;
  readonly run: (pace: Pace, place: Workplace) => Promise<Rates>;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'appendSync',
    goals: [[SQLITE, 1.25]],
    run: (pace, place) => race(synchronous(), pace, place),
  },
  byCallers('1 caller', 1, [
    [SQLITE, 1],
    [LIMIT, 0.85],
  ]),
  byCallers('64 callers', 64, [
    [SQLITE, 20],
    [LMDB, 1.5],
  ]),
  byCallers(`${number(MANY)} callers`, MANY, [
    [SQLITE, 40],
    [LMDB, 1.5],
    [LIMIT, 0.6],
  ]),
  {
    name: `${PROCESSES} processes x ${ENTRIES_EACH}`,
    goals: [[SQLITE, 1.5]],
    run: ({ rounds }, place) => crowds(rounds, place),
  },
];

export function benchAppend(quick: boolean): Promise<Report[]> {
  const { appends, ...pace } = quick ? QUICK : FULL;
  return Workplace.during(async (place) => {
    const columns: { scenario: Scenario; rates: Rates }[] = [];
    for (const scenario of SCENARIOS) columns.push({ scenario, rates: await scenario.run(pace, place) });
    const names = [...new Set(columns.flatMap(({ rates }) => [...rates.keys()]))];
    const comparison: Report = {
      title: `Entries a second, on disk when acknowledged; x: how many times as fast agentlog is`,
      versions: versions(['lmdb', 'classic-level']),
      rows: [
        ['', ...columns.flatMap(({ scenario }) => [scenario.name, 'x'])],
        ...names.map((name) => [name, ...columns.flatMap(({ rates }) => cells(rates, name))]),
      ],
      bars: columns.flatMap(({ scenario, rates }) => bars(scenario, rates)),
    };
    return [comparison, await eventLoopDelay(MANY, pace, place), await memory(MANY, appends, place)];
  });
}

function synchronous(): Contender[] {
  return [agentlogSync, bareLimitSync, sqliteAutocommit, sqliteTransactions(50), lmdbSync, jsonLinesSync];
}

function byCallers(name: string, callers: number, goals: Goals): Scenario {
  const contenders = [
    agentlog(callers),
    bareLimit(callers),
    sqliteAutocommit,
    sqliteTransactions(50),
    lmdb(callers),
    classicLevel(callers),
    jsonLines(callers),
  ];
  return { name, goals, run: (pace, place) => race(contenders, pace, place) };
}

function cells(rates: Rates, name: string): [rate: string, ratio: string] {
  const own = rates.get(name);
  if (own === undefined) return ['', ''];
  return [number(median(own)), name === 'agentlog' ? '' : number(timesAsFast(rates, 'agentlog', name), 2)];
}

function bars({ name, goals }: Scenario, rates: Rates): Bar[] {
  return goals.map(([against, atLeast]) => {
    const ratio = timesAsFast(rates, 'agentlog', against);
    return {
      what: `${name}, against ${against}`,
      bar: `>= ${number(atLeast, 2)}x`,
      measured: `${number(ratio, 2)}x`,
      met: ratio >= atLeast,
    };
  });
}
