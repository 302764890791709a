/** One run of the scenario, with a fault or without. */
import { join } from 'node:path';
import { Ledger, type Told } from '../processes/ledger.js';
import { Process } from '../processes/process.js';
import { CALLS, type Fault, injectionOf, KILL, PHASES, type Phase } from './faults.js';
import type { ScenarioArgs } from './scenario-child.js';
import { callsBelow, Tracer } from './tracer.js';

const PROGRAM = new URL('./scenario-child.js', import.meta.url);
/** Nothing takes so long; this only ends what hangs. */
const HANGS_MS = 120_000;

export class Scenario {
  readonly store: string;
  /** A backup, if one was made; of all that was told in the end. */
  readonly copy: string;
  isCopied = false;
  readonly ledger = new Ledger();
  readonly #directory: string;
  readonly #trace: string;
  #tracer: Tracer | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.store = join(directory, 'store');
    this.copy = join(directory, 'copy');
    this.#trace = join(directory, 'trace');
  }

  /** Whether the fault came to pass. Throws if the process did anything but go on, or die of it. */
  async meet(fault: Fault): Promise<boolean> {
    const { status, signal, stderr, isClosed } = await this.#run(fault.phase, [
      `trace=${fault.call}`,
      injectionOf(fault),
    ]);
    const lines = (await this.#tracer?.lines()) ?? [];
    // Of a process of the store's own, too: it goes on without it.
    const mark = fault.what === KILL ? '+++ killed by SIGKILL +++' : '(INJECTED)';
    const isKilled = fault.what === KILL && signal === KILL;
    const isMet = isKilled || lines.some((line) => line.endsWith(mark));
    if (!isKilled && !(status === 0 && stderr === '' && isClosed))
      throw new Error(`it ended with ${signal ?? status}: ${stderr}`);
    return isMet;
  }

  /** The n of each call that reaches a store in the phase, in a run without a fault. */
  async calls(phase: Phase): Promise<Map<string, Set<number>>> {
    const next = PHASES[PHASES.indexOf(phase) + 1];
    await this.#run(phase, [`trace=${CALLS.join(',')}`], next);
    return callsBelow(this.#directory, await this.#tracer!.lines());
  }

  async #run(traced: Phase, expressions: readonly string[], killAt?: Phase) {
    const { store, copy } = this;
    const args: ScenarioArgs = { store, copy, other: join(this.#directory, 'other'), traced };
    // Calls are counted by thread, so there is one to make them.
    const process = new Process(PROGRAM, { args: { ...args }, env: { UV_THREADPOOL_SIZE: '1' } });
    let isHanging = false;
    const timer = setTimeout(() => {
      isHanging = true;
      process.kill();
    }, HANGS_MS);
    try {
      const phases = [...PHASES];
      let isClosed = false;
      for (let said = await process.says(); said !== undefined; said = await process.says()) {
        if (said === 'gate') {
          const phase = phases.shift()!;
          if (phase === 'closing') await this.#tracer?.detach();
          if (phase === traced) this.#tracer = await Tracer.attach(process.pid, this.#trace, expressions);
          if (phase === killAt) await process.kill();
          else process.tell('go on');
        } else if (said === 'copied') this.isCopied = true;
        else if (said === 'closed') isClosed = true;
        else if ('damage' in (said as object) || 'heal' in (said as object))
          throw new Error(`told of damage: ${JSON.stringify(said)}`);
        else if ('goesOn' in (said as object)) {
          const { goesOn, failures } = said as { goesOn: boolean; failures: string[] };
          if (traced !== 'closing' && !goesOn)
            throw new Error(`does not go on when the fault is over:\n${failures.join('\n')}`);
        } else this.ledger.hear(said as Told);
      }
      if (isHanging) throw new Error('it hangs');
      return { ...(await process.ended), isClosed };
    } finally {
      clearTimeout(timer);
      await process.kill();
      await this.#tracer?.end();
    }
  }
}
