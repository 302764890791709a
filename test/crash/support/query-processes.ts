/** The processes in which a host's queries run: with limits of a test's own, and as the system lists them. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { PROTOCOL } from '../../../src/compactor/messages.js';
import { QueryProcesses } from '../../../src/query/query-processes.js';
import { repositoryRoot } from '../../package/support/paths.js';

/** What they run. */
export const PROGRAM = join(repositoryRoot, 'dist/src/compactor/compactor-worker.js');

/** As a handle has them. */
export function processesWith(limits: { most?: number; idleMs?: number; graceMs?: number }): QueryProcesses {
  const queries = new QueryProcesses({ protocol: PROTOCOL, findProgram: () => PROGRAM, ...limits });
  onTestFinished(() => queries.close(new Error('the test is over')));
  return queries;
}

/** Would take for ever, inside of SQLite. */
export const ENDLESS =
  'WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';

interface Listed {
  readonly pid: number;
  readonly parent: number;
  readonly seconds: number;
}

function listed(): Listed[] {
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,time=,args='], { encoding: 'utf8' });
  return text.split('\n').flatMap((line) => {
    const [pid, parent, state, time = '', ...args] = line.trim().split(/\s+/);
    // One that has ended and was not asked for its exit code yet is no process any more.
    if (!args.some((arg) => /^agentlog-query-\d+$/.test(arg)) || state!.startsWith('Z')) return [];
    const seconds = time.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0);
    return [{ pid: Number(pid), parent: Number(parent), seconds }];
  });
}

export function queryProcessesOf(host: number): number[] {
  return listed().flatMap(({ pid, parent }) => (parent === host ? [pid] : []));
}

/** Resolves when so many processes of the host are inside of SQLite: nothing else takes them so long. */
export async function areBusy(host: number, count: number): Promise<number[]> {
  for (;;) {
    const busy = listed().filter(({ parent, seconds }) => parent === host && seconds >= 1);
    if (busy.length >= count) return busy.map(({ pid }) => pid);
    await delay(50);
  }
}

/** Resolves when none of these is left, whoever is the parent now. */
export async function areGone(pids: readonly number[]): Promise<void> {
  while (listed().some(({ pid }) => pids.includes(pid))) await delay(20);
}
