/** `npm run bench -- [NAME ...] [--json]`: runs the named benchmarks, or all. */
import { benchCodec } from './codec.js';
import { print, type Report } from './report.js';
import { benchScan } from './scan.js';

const BENCHMARKS: Record<string, () => Report[]> = { scan: benchScan, codec: benchCodec };

const names = process.argv.slice(2).filter((argument) => argument !== '--json');
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exitCode = 1;
} else {
  const chosen = names.length === 0 ? Object.keys(BENCHMARKS) : names;
  print(
    chosen.flatMap((name) => BENCHMARKS[name]!()),
    process.argv.includes('--json'),
  );
}
