/** A thread that tries inputs, as many as are left, and tells which did not hold. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { describe } from '../../../src/errors.js';
import { randomOfCase } from '../random.js';
import { COMMAND_TRIES } from './command-tries.js';
import { TRIES } from './tries.js';

export interface Orders {
  readonly seed: number;
  /** The number of inputs. */
  readonly inputs: number;
  /** Only this one. */
  readonly only: number | undefined;
  /** The next one that nobody has taken, then for each thread the one that it is at. */
  readonly shared: Int32Array;
  readonly thread: number;
  /** For files. */
  readonly directory: string;
}

export interface Told {
  readonly failed?: { readonly input: number; readonly problem: string };
  /** At the end: how many of each kind. */
  readonly done?: Readonly<Record<string, number>>;
}

/** Inputs that a thread takes at once. */
const CROWD = 64;
/** One of so many is a file on a disk or a command line, which takes a hundred times as long as what is in memory. */
const COMMANDS_ONE_OF = 64;
/** No input is longer than a hundredth of it, and nothing that is made of one should be much longer than the input. */
const MOST_ALLOCATED = 4 * 1024 * 1024;
const MOST_HELD = 256 * 1024 * 1024;
const MOST_TOLD = 20;

const orders = workerData as Orders;
const kinds = Object.entries(TRIES);
const commandKinds = Object.entries(COMMAND_TRIES);
const directory = join(orders.directory, String(orders.thread));
const counts = new Map<string, number>();
let told = 0;

for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
  const allocate = Buffer[name] as (size: number, ...others: never[]) => Buffer;
  Buffer[name] = ((size: number, ...others: never[]) => {
    if (size > MOST_ALLOCATED) throw new Error(`${size} bytes were to be allocated`);
    return allocate(size, ...others);
  }) as never;
}

async function tryOne(input: number): Promise<void> {
  orders.shared[1 + orders.thread] = input;
  const random = randomOfCase(orders.seed, input);
  const [kind, attempt] =
    input % COMMANDS_ONE_OF === 0
      ? commandKinds[(input / COMMANDS_ONE_OF) % commandKinds.length]!
      : kinds[input % kinds.length]!;
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
  try {
    const trying = attempt(random, directory);
    if (trying !== undefined) await trying;
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : describe(error);
    if (++told <= MOST_TOLD) say({ failed: { input, problem: `${kind}: ${problem}` } });
  }
}

function say(what: Told): void {
  parentPort!.postMessage(what);
}

if (orders.only !== undefined) await tryOne(orders.only);
else
  for (;;) {
    const from = Atomics.add(orders.shared, 0, CROWD);
    if (from >= orders.inputs) break;
    for (let input = from; input < Math.min(from + CROWD, orders.inputs); input++) await tryOne(input);
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers > MOST_HELD) throw new Error(`${arrayBuffers} bytes are held in buffers`);
  }
say({ done: Object.fromEntries(counts) });
