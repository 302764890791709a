/** The other side of process.ts: what a program is given, what it says and what it is told. */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { AgentLogListeners } from '../../../src/index.js';
import type { Call } from './entries.js';
import type { Told } from './ledger.js';

export function args<T>(): T {
  return JSON.parse(process.argv[2]!) as T;
}

/** It has left this process when this returns, whatever comes next. */
export function say(value: unknown): void {
  writeSync(1, `${JSON.stringify(value)}\n`);
}

let lines: AsyncIterator<string> | undefined;

/** What it is told next. When nobody is there any more to tell it anything it ends. */
export async function hear<T>(): Promise<T> {
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done) process.exit();
  return JSON.parse(value) as T;
}

/** Says what a process should have no reason to say. */
export const troubles: AgentLogListeners = {
  damage: (damage) => say({ damage }),
  heal: (heal) => say({ heal }),
  warning: ({ code, message }) => say({ warning: `${code}: ${message}` }),
};

/** Makes a call, and says what it was given, and what it answers. */
export async function tellCall(
  tell: (told: Told) => void,
  call: Call,
  make: () => readonly string[] | undefined | Promise<readonly string[] | undefined>,
): Promise<boolean> {
  tell({ given: call });
  try {
    const ids = await make();
    tell(ids === undefined ? { acknowledged: call } : { acknowledged: call, ids });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('AGENTLOG_')) throw error;
    tell({ rejected: call, code });
    return false;
  }
}
