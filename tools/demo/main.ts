/**
 * Eight processes append to one store for a few seconds; three of them are killed with SIGKILL. Then the store is
 * opened again, and what was acknowledged is held against what is there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openAgentLog, type RecoverEvent } from '../../src/index.js';
import { isAsWritten } from './entries.js';
import { Progress } from './progress.js';

const PROCESSES = 8;
const SECONDS = 4;
/** Which process is killed when, as a part of the whole time. */
const KILLS = new Map([
  [1, 0.3],
  [4, 0.55],
  [6, 0.8],
]);

interface Writer {
  readonly name: string;
  readonly child: ChildProcess;
  /** The numbers of acknowledged entries, by id. */
  readonly acknowledged: Map<string, number>;
  /** Resolves to the signal that ended it, or null. */
  readonly ended: Promise<NodeJS.Signals | null>;
}

interface Findings {
  readonly perWriter: Map<string, { acknowledged: number; others: number }>;
  readonly total: number;
  readonly recovered: readonly RecoverEvent[];
  readonly missing: number;
  readonly wrong: number;
}

function startWriter(directory: string, number: number): Writer {
  const name = `agent-${number + 1}`;
  const script = fileURLToPath(new URL('writer.js', import.meta.url));
  const child = spawn(process.execPath, [script, directory, name], { stdio: ['pipe', 'pipe', 'inherit'] });
  const acknowledged = new Map<string, number>();
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => {
    const [id, entry] = line.split(' ');
    // The last line of a killed process may be torn.
    if (id?.length === 13 && entry !== undefined) acknowledged.set(id, Number(entry));
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (_code, signal) => resolve(signal));
  });
  return { name, child, acknowledged, ended };
}

async function write(directory: string, progress: Progress): Promise<Writer[]> {
  const writers = Array.from({ length: PROCESSES }, (_, i) => startWriter(directory, i));
  const count = () => writers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  const start = Date.now();
  const waiting = new Map(KILLS);
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const done = (Date.now() - start) / (SECONDS * 1000);
      for (const [i, at] of waiting) {
        // One that has acknowledged nothing yet would prove nothing.
        if (done < at || writers[i]!.acknowledged.size === 0) continue;
        waiting.delete(i);
        writers[i]!.child.kill('SIGKILL');
        progress.say(`${writers[i]!.name} is killed with SIGKILL`);
      }
      progress.show(done, `${count().toLocaleString('en-US')} entries acknowledged`);
      if (done < 1) return;
      clearInterval(timer);
      resolve();
    }, 50);
  });
  for (const { child } of writers) child.stdin?.end();
  await Promise.all(writers.map(({ ended }) => ended));
  progress.end();
  return writers;
}

async function check(directory: string, writers: readonly Writer[]): Promise<Findings> {
  const recovered: RecoverEvent[] = [];
  const log = await openAgentLog(directory, { on: { recover: (event) => recovered.push(event) } });
  const perWriter = new Map(writers.map(({ name }) => [name, { acknowledged: 0, others: 0 }]));
  const expected = new Map(writers.flatMap(({ acknowledged }) => [...acknowledged]));
  let total = 0;
  let wrong = 0;
  for await (const entry of log.scan()) {
    total++;
    const number = expected.get(entry.id);
    const counts = perWriter.get(entry.agent ?? '')!;
    if (number === undefined) counts.others++;
    else if (isAsWritten(entry, number)) counts.acknowledged++;
    else wrong++;
    expected.delete(entry.id);
  }
  await log.close();
  return { perWriter, total, recovered, missing: expected.size, wrong };
}

async function report(writers: readonly Writer[], findings: Findings): Promise<void> {
  const number = (value: number) => value.toLocaleString('en-US').padStart(14);
  console.log(`\n${'process'.padEnd(10)}${'acknowledged'.padStart(14)}${'found'.padStart(14)}  ended`);
  for (const { name, acknowledged, ended } of writers) {
    const { acknowledged: found, others } = findings.perWriter.get(name)!;
    const signal = await ended;
    const more = others > 0 ? `; ${others} more were on their way` : '';
    const how = signal === null ? 'by itself' : `by ${signal}${more}`;
    console.log(`${name.padEnd(10)}${number(acknowledged.size)}${number(found)}  ${how}`);
  }
  for (const { segment, reason, entries } of findings.recovered) {
    if (entries === 0) continue;
    console.log(`\nrecovered ${basename(segment)}\n  ${reason}`);
  }
  const { total, missing, wrong } = findings;
  console.log(
    `\n${total.toLocaleString('en-US')} entries in the store; ${missing} lost, ${wrong} not as written`,
  );
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'agentlog-demo-'));
  try {
    console.log(`${PROCESSES} processes append to one store for ${SECONDS} seconds`);
    const writers = await write(directory, new Progress(process.stdout));
    const findings = await check(directory, writers);
    await report(writers, findings);
    if (findings.missing > 0 || findings.wrong > 0) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
