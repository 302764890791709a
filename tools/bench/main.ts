/** `npm run bench -- [NAME ...] [--json] [--quick]`: runs the named benchmarks, or all. */
import { parseArgs } from 'node:util';
import { named, runWith } from '../arguments.js';
import { benchAppend } from './append.js';
import { benchCli } from './cli.js';
import { benchCodec } from './codec.js';
import { benchCompact } from './compact.js';
import { benchFusion } from './fusion.js';
import { benchImport } from './import.js';
import { benchPino } from './pino.js';
import { benchRead } from './read.js';
import { benchRecovery } from './recovery.js';
import { print, type Report } from './report.js';
import { benchScan } from './scan.js';
import { benchTrickle } from './trickle.js';

interface Benchmark {
  readonly name: string;
  /** Quick shows that it works, and roughly what comes out. */
  run(quick: boolean): Report[] | Promise<Report[]>;
}

const BENCHMARKS: readonly Benchmark[] = [
  { name: 'scan', run: benchScan },
  { name: 'codec', run: benchCodec },
  { name: 'append', run: benchAppend },
  { name: 'compact', run: benchCompact },
  { name: 'read', run: benchRead },
  { name: 'recovery', run: benchRecovery },
  { name: 'cli', run: benchCli },
  { name: 'import', run: benchImport },
  { name: 'trickle', run: benchTrickle },
  { name: 'fusion', run: benchFusion },
  { name: 'pino', run: benchPino },
];

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  return { ...values, benchmarks: named('benchmark', BENCHMARKS, positionals) };
}

async function bench({ benchmarks, quick, json }: ReturnType<typeof readArguments>): Promise<number> {
  const reports: Report[] = [];
  for (const { run } of benchmarks) reports.push(...(await run(quick)));
  print(reports, json);
  return 0;
}

await runWith(readArguments, bench);
