/** What a benchmark prints: the machine and versions first, then tables; the same as JSON with --json. */
import { cpus, totalmem } from 'node:os';

export interface Bar {
  readonly what: string;
  readonly measured: string;
  readonly bar: string;
  readonly met: boolean;
}

export interface Report {
  readonly title: string;
  /** Of what takes part besides Node. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly rows: readonly (readonly string[])[];
  readonly bars?: readonly Bar[];
}

function machine(): Record<string, string> {
  const processors = cpus();
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: `${processors.length} x ${processors[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}

export function print(reports: readonly Report[], asJson: boolean): void {
  const about = Object.assign(machine(), ...reports.map(({ versions }) => versions));
  if (asJson) {
    const rest = reports.map(({ versions, ...report }) => report);
    console.log(JSON.stringify({ machine: about, reports: rest }, null, 2));
    return;
  }
  for (const [key, value] of Object.entries(about)) console.log(`${key}: ${value}`);
  for (const { title, rows, bars } of reports) {
    console.log(`\n${title}\n`);
    table(rows);
    if (bars === undefined) continue;
    console.log('');
    table([
      ['bar', 'wanted', 'measured', ''],
      ...bars.map(({ what, bar, measured, met }) => [what, bar, measured, met ? 'met' : 'MISSED']),
    ]);
  }
}

function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    console.log(
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    );
  }
}

export function number(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
