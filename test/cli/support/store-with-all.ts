/** A closed store with something of everything, and segments of every kind beside it. */
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openAgentLog } from '../../crash/support/stores.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/format-1/', import.meta.url));

export interface StoreWithAll {
  readonly store: string;
  readonly sealed: string;
  readonly open: string;
  readonly damaged: string;
}

/** In `directory`. */
export async function storeWithAll(directory: string): Promise<StoreWithAll> {
  const store = join(directory, 'store');
  const log = await openAgentLog(store, { fullText: true });
  for (let n = 0; n < 100; n++) {
    const agent = n % 3 === 0 ? undefined : 'executor';
    const detail = n % 2 === 0 ? { n } : undefined;
    await log.append({
      taskId: `task ${n % 4}`,
      type: n % 5 === 0 ? 'tool' : 'text',
      agent,
      text: `no ${n}`,
      detail,
    });
    if (n === 50) await log.compact();
  }
  await log.deleteTask('task 3');
  await log.close();
  const [sealed, open, damaged] = ['sealed', 'open-recovered', 'damaged-payload'].map(fixture);
  return { store, sealed: sealed!, open: open!, damaged: damaged! };

  function fixture(name: string): string {
    const file = readdirSync(join(FIXTURES, name)).find((one) => /\.(open|sealed)$/.test(one))!;
    const path = join(directory, file);
    copyFileSync(join(FIXTURES, name, file), path);
    return path;
  }
}
