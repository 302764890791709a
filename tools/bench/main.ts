/** `npm run bench -- [NAME ...] [--json] [--quick]`: runs the named benchmarks, or all. */
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

const quick = process.argv.includes('--quick');
const BENCHMARKS: Record<string, () => Report[] | Promise<Report[]>> = {
  scan: benchScan,
  codec: benchCodec,
  // Quick shows that it works, and roughly what comes out.
  append: () => benchAppend(quick),
  compact: () => benchCompact(quick),
  read: () => benchRead(quick),
  recovery: () => benchRecovery(quick),
  cli: () => benchCli(quick),
  import: () => benchImport(quick),
  trickle: () => benchTrickle(quick),
  fusion: () => benchFusion(quick),
  pino: () => benchPino(quick),
};

const names = process.argv.slice(2).filter((argument) => !['--json', '--quick'].includes(argument));
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exitCode = 1;
} else {
  const reports: Report[] = [];
  for (const name of names.length === 0 ? Object.keys(BENCHMARKS) : names) {
    reports.push(...(await BENCHMARKS[name]!()));
  }
  print(reports, process.argv.includes('--json'));
}
