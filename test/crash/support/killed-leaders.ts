/** Processes that append and compact on one store, of which whichever leads is killed, again and again, and replaced. */
import { expect } from 'vitest';
import { leaderOf } from '../../../tools/torture/processes/leader-of.js';
import { Random } from '../../support/random.js';
import { Acknowledged } from './acknowledged.js';
import { type Acknowledgement, APPENDER } from './appender.js';
import { type Host, startHost } from './host.js';
import { storePath } from './stores.js';

/** Between two kills. */
const SHORTEST_MS = 600;
const LONGEST_MS = 1400;
/** What an appender is told to write, and how long it then rests: what is written must be read in the end. */
const PORTION = 40;
const REST_MS = 30;

export const KILLED = { status: null, signal: 'SIGKILL', stderr: '' };

export class KilledLeaders {
  readonly store = storePath();
  readonly random = new Random(1);
  readonly acknowledged = new Acknowledged();
  /** What any of them said that it should have no reason to say. */
  readonly troubles: unknown[] = [];
  /** Rounds that were asked for and told to be over. */
  compacted = 0;
  readonly #living = new Map<number, Host>();

  /** One more that appends, and leads if nobody else does. */
  async start(): Promise<void> {
    await this.#start({ compacting: true });
  }

  /** One more that appends, and never leads. Its name. */
  startNeverLeading(): Promise<string> {
    return this.#start({ leading: false });
  }

  async killLeaders(count: number): Promise<void> {
    const { random, store } = this;
    for (let kills = 0; kills < count; ) {
      await new Promise((resolve) => setTimeout(resolve, random.between(SHORTEST_MS, LONGEST_MS)));
      const leader = leaderOf(store);
      const host = leader === undefined ? undefined : this.#living.get(leader);
      if (host === undefined) continue;
      expect(await host.kill()).toEqual(KILLED);
      this.#living.delete(host.pid);
      kills++;
      await this.start();
    }
  }

  async killAll(): Promise<void> {
    for (const host of this.#living.values()) expect(await host.kill()).toEqual(KILLED);
  }

  async #start(role: { readonly compacting?: boolean; readonly leading?: boolean }): Promise<string> {
    const { store, random, acknowledged, troubles } = this;
    const name = `host ${random.next()}`;
    const host = startHost(APPENDER, { args: { store, name, seed: random.next(), ...role } });
    // Before it has a slot it may have something to say of what it found.
    for (let said = await host.says(); !('slot' in (said as object)); said = await host.says())
      troubles.push(said);
    host.onSaid = (said) => {
      if (said === 'done') setTimeout(() => host.tell(PORTION), REST_MS);
      else if ('n' in (said as object)) acknowledged.hear(name, said as Acknowledgement);
      else if ('compacted' in (said as object)) this.compacted++;
      else troubles.push(said);
    };
    host.tell(PORTION);
    this.#living.set(host.pid, host);
    return name;
  }
}
