/** Fills the disk that was mounted for it, in one way after the other, as it is told. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { args, hear, say } from '../processes/program.js';
import { Ballast } from './ballast.js';
import { FILLINGS, type FillingName, goOn } from './fillings.js';
import { SmallStore } from './store.js';

export interface DiskArgs {
  /** On the disk. */
  readonly directory: string;
}

export interface Case {
  readonly filling: FillingName;
  /** Bytes that are left. */
  readonly free: number;
}

export interface Outcome {
  readonly rejected: number;
  /** In the end. */
  readonly entries: number;
  readonly problem?: string;
}

const { directory } = args<DiskArgs>();

async function run({ filling, free }: Case): Promise<Outcome> {
  const place = join(directory, 'case');
  mkdirSync(place);
  const store = new SmallStore(join(place, 'store'));
  const ballast = new Ballast(join(place, 'ballast'));
  try {
    await store.open();
    await FILLINGS[filling].run(store, ballast, free);
    return { entries: await goOn(store, FILLINGS[filling]), rejected: store.rejected };
  } catch (error) {
    return { entries: 0, rejected: store.rejected, problem: (error as Error).stack ?? String(error) };
  } finally {
    ballast.remove();
    await store.close();
    rmSync(place, { recursive: true });
  }
}

for (;;) say(await run(await hear<Case>()));
