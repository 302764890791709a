/** Stores of the running test, opened in its own process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { openAgentLog as openFromSource } from '../../../src/agent-log.js';
import type { AgentLog } from '../../../src/api.js';
import type { AgentLogOptions } from '../../../src/options.js';
import { repositoryRoot } from '../../package/support/paths.js';
import { tempDir } from '../../package/support/temp-dir.js';

/** A thread needs a program that was compiled. */
const WORKER = pathToFileURL(join(repositoryRoot, 'dist/src/compactor/compactor-worker.js'));

export const openAgentLog: typeof openFromSource = (directory, options) =>
  openFromSource(
    directory,
    typeof options === 'object' && options !== null
      ? { worker: WORKER, ...options }
      : options === undefined
        ? { worker: WORKER }
        : options,
  );

/** Where a store may be made; it goes when the running test does. */
export function storePath(): string {
  return join(tempDir(), 'store');
}

/** A handle that is closed, at the latest, when the running test ends. Damage fails the test. */
export async function openStore(directory: string, options: AgentLogOptions = {}): Promise<AgentLog> {
  const damages: unknown[] = [];
  const log = await openAgentLog(directory, { on: { damage: (event) => damages.push(event) }, ...options });
  onTestFinished(async () => {
    await log.close();
    expect(damages).toEqual([]);
  });
  return log;
}

/** Ids and texts of all entries, in their order. */
export async function idsAndTexts(log: AgentLog): Promise<[id: string, text: string][]> {
  const found: [string, string][] = [];
  for await (const { id, text } of log.scan()) found.push([id, text]);
  return found;
}

/** The texts of all entries of the store in `directory`, as somebody reads them who opens it now. */
export async function textsIn(directory: string): Promise<string[]> {
  const log = await openStore(directory, { readOnly: true });
  return (await idsAndTexts(log)).map(([, text]) => text);
}
