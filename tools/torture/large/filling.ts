/** Two processes that fill a store; the one that leads is killed and replaced when enough was acknowledged since the last kill. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../../bench/child.js';
import type { Random } from '../random.js';
import type { Said } from './filling-child.js';
import type { Ledger } from './ledger.js';

const SCRIPT = new URL('./filling-child.js', import.meta.url);
const AT_ONCE = 2;

export interface Size {
  readonly kills: number;
  /** Acknowledged groups before a kill, at least and at most. */
  readonly groups: readonly [number, number];
  /** Groups that a writer appends while it waits for a compaction. */
  readonly portion: number;
  /** Of the database's file, at least. */
  readonly bytes: number;
}

export class Filling {
  /** What any writer said that it should have no reason to say. */
  readonly troubles: string[] = [];
  kills = 0;
  readonly #directory: string;
  readonly #size: Size;
  readonly #random: Random;
  readonly #ledger: Ledger;
  #writers = 0;
  #sinceKill = 0;
  #untilKill: number;

  constructor(directory: string, size: Size, random: Random, ledger: Ledger) {
    this.#directory = directory;
    this.#size = size;
    this.#random = random;
    this.#ledger = ledger;
    this.#untilKill = random.between(...size.groups);
  }

  /** Resolves when the database is large enough, and every kill was done. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#place()));
  }

  /** One writer after the other, each but the last one killed. */
  async #place(): Promise<void> {
    for (let writer = this.#writers++; !(await this.#live(writer)); writer = this.#writers++);
  }

  /** False when it was killed. */
  async #live(writer: number): Promise<boolean> {
    const child = new Child(SCRIPT, [this.#directory, String(writer), String(this.#size.portion)]);
    for (let isEnding = false; ; ) {
      const said = await child.hearOrEnd<Said>();
      if (said === undefined) break;
      if ('trouble' in said) {
        this.troubles.push(`writer ${writer}: ${said.trouble}`);
        continue;
      }
      this.#ledger.acknowledged(writer, said.from, said.ids);
      this.#sinceKill++;
      if (said.leads && this.#sinceKill >= this.#untilKill && this.kills < this.#size.kills) {
        this.kills++;
        this.#sinceKill = 0;
        this.#untilKill = this.#random.between(...this.#size.groups);
        await child.kill();
        // What it had said by then was acknowledged.
        for (const late of child.heard<Said>())
          if ('ids' in late) this.#ledger.acknowledged(writer, late.from, late.ids);
        return false;
      }
      if (isEnding || this.kills < this.#size.kills || this.#databaseBytes() < this.#size.bytes) continue;
      isEnding = true;
      child.say('end');
    }
    await child.end();
    return true;
  }

  /** By its name: the file is not opened. */
  #databaseBytes(): number {
    return statSync(join(this.#directory, 'agent-log.db'), { throwIfNoEntry: false })?.size ?? 0;
  }
}
