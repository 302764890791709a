/** A status on one screen: a name on the left of each line, and what there is to say of it. */
import { ago as agoOf, bytes, count, counted, duration, span } from '../output/numbers.js';
import type { Output, Style } from '../output/output.js';
import { sparkline } from '../output/sparkline.js';
import { cut, linesOf, oneLine, pad, wrap } from '../output/text.js';
import { commandOf, type Writer } from './participants.js';
import type { Rate } from './rate.js';
import type { Status } from './status.js';

const LABEL_COLUMNS = 11;
const MOST_WRITERS = 8;
/** Of a store with damage everywhere the rest says nothing new. */
const MOST_ATTENTION = 8;
/** Longer lines are hard to read. */
const WIDEST = 100;

const HEALTH: Readonly<Record<Status['health'], readonly [Style, string]>> = {
  well: ['green', 'well'],
  attention: ['yellow', 'needs attention'],
  damaged: ['red', 'damaged'],
};

export class Screen {
  readonly #output: Output;
  readonly #status: Status;
  readonly #now = Date.now();
  readonly #width: number;
  readonly #lines: string[] = [];

  constructor(output: Output, status: Status) {
    this.#output = output;
    this.#status = status;
    this.#width = Math.min(output.width, WIDEST);
  }

  toString(): string {
    const [style, health] = HEALTH[this.#status.health];
    const name = this.#styled('bold', cut(oneLine(this.#status.path), this.#width - health.length - 5));
    this.#lines.push(`${name}  ${this.#styled(style, `● ${health}`)}`, '');
    this.#entries();
    this.#segments();
    this.#database();
    this.#people();
    this.#attention();
    return `${this.#lines.join('\n')}\n`;
  }

  #styled(style: Style, text: string): string {
    return this.#output.style(style, text);
  }

  #ago(time: number | null): string {
    return time === null ? 'unknown' : agoOf(time, this.#now);
  }

  #line(label: string, text: string, more = ''): void {
    const room = this.#width - LABEL_COLUMNS;
    const fitting = cut(text, room);
    const rest = more === '' ? '' : this.#styled('dim', cut(`  ${more}`, room - fitting.length));
    this.#lines.push(`${this.#styled('cyan', pad(label, LABEL_COLUMNS))}${fitting}${rest}`.trimEnd());
  }

  #entries(): void {
    const { entries, tasks, firstTimestamp, lastTimestamp, isComplete, rate, bytes: sizes } = this.#status;
    if (entries === null) this.#line('Entries', 'unknown, as the database cannot be asked');
    else if (entries === 0 && isComplete) this.#line('Entries', 'none');
    else {
      const beside = isComplete ? '' : `and what waits (${bytes(sizes.waiting + sizes.live)}), not counted`;
      this.#line('Entries', `${count(entries)} in ${counted(tasks ?? 0, 'task')}`, beside);
    }
    if (firstTimestamp !== null && lastTimestamp !== null) {
      this.#line('', span(firstTimestamp, lastTimestamp), `the last ${this.#ago(lastTimestamp)}`);
    }
    if (rate !== null) this.#rate(rate);
  }

  #rate({ entries, from, to }: Rate): void {
    const sum = entries.reduce((total, part) => total + part, 0);
    const most = Math.max(...entries) / ((to - from) / entries.length / 60_000);
    const when = to < this.#now ? 'in its last hour' : 'in this hour';
    const bars = sparkline(entries).replaceAll(' ', '·');
    this.#line('Rate', bars, `${count(sum)} ${when}, peak ${count(Math.round(most))}/min`);
  }

  #segments(): void {
    const { segments, bytes: sizes, backlog } = this.#status;
    const waiting =
      backlog.since === null
        ? 'to become rows'
        : `to become rows, for ${duration(this.#now - backlog.since)}`;
    const about = {
      live: 'being written',
      waiting,
      archived: 'rows, kept for rebuilding',
      quarantined: 'damaged',
    };
    let label = 'Segments';
    for (const place of ['live', 'waiting', 'archived', 'quarantined'] as const) {
      if (segments[place] === 0 && (place === 'quarantined' || place === 'live')) continue;
      const number = `${count(segments[place]).padStart(6)} ${pad(place, 11)}`;
      const size = segments[place] === 0 ? '' : bytes(sizes[place]).padStart(9);
      this.#line(label, number + size, segments[place] === 0 ? '' : about[place]);
      label = '';
    }
  }

  #database(): void {
    const { database, bytes: sizes, lastRound, lastCheckpoint, fullText, healed } = this.#status;
    if (database === 'none') {
      this.#line('Database', 'none yet', 'nothing has become rows');
      return;
    }
    if (database === 'gone') {
      this.#line('Database', 'gone');
      return;
    }
    const state = database === 'well' ? '' : `, ${database}`;
    const log = sizes.wal === 0 ? 'no log' : `log ${bytes(sizes.wal)}`;
    const index = fullText === true ? ', index for searches' : '';
    this.#line('Database', `${bytes(sizes.database)}, ${log}${index}${state}`);
    if (lastRound !== null)
      this.#line('', `last round ${this.#ago(lastRound)}`, `written back ${this.#ago(lastCheckpoint)}`);
    if (healed !== null) {
      const lost = healed.missing === null ? 'unknown' : count(healed.missing);
      const when = healed.at === null ? '' : ` ${this.#ago(healed.at)}`;
      this.#line('', `made anew${when}, ${lost} missing`, oneLine(healed.reason));
    }
  }

  #people(): void {
    const { leader, writers } = this.#status;
    if (leader === null)
      this.#line('Leader', 'nobody', 'whoever writes next leads when there is something to do');
    else this.#line('Leader', processOf(leader.pid), oneLine(commandOf(leader.pid)));
    if (writers.length === 0) this.#line('Writers', 'nobody');
    for (const [i, writer] of writers.slice(0, MOST_WRITERS).entries())
      this.#writer(i === 0 ? 'Writers' : '', writer);
    if (writers.length > MOST_WRITERS) {
      const more = writers.slice(MOST_WRITERS);
      const dead = more.filter(({ alive }) => !alive).length;
      this.#line('', `and ${count(more.length)} more`, dead === 0 ? '' : `${count(dead)} of them dead`);
    }
  }

  #writer(label: string, { slot, pid, alive }: Writer): void {
    const text = `slot ${String(slot).padStart(4)}  ${processOf(pid)}`;
    if (alive) this.#line(label, text, oneLine(commandOf(pid)));
    else this.#line(label, `${text}  dead`, 'what it left becomes rows');
  }

  #attention(): void {
    const { attention, health } = this.#status;
    if (attention.length === 0) return;
    this.#lines.push('', this.#styled('bold', 'What needs attention'));
    const wrapped = (text: string, columns: number) => linesOf(text).flatMap((line) => wrap(line, columns));
    const [style] = HEALTH[health];
    for (const { what, todo } of attention.slice(0, MOST_ATTENTION)) {
      const [first = '', ...others] = wrapped(what, this.#width - 2);
      this.#lines.push(`${this.#styled(style, '▲')} ${first}`, ...others.map((line) => `  ${line}`));
      for (const [i, line] of wrapped(todo, this.#width - 4).entries())
        this.#lines.push(this.#styled('dim', `${i === 0 ? '  →' : '   '} ${line}`));
    }
    const more = attention.length - MOST_ATTENTION;
    if (more > 0) this.#lines.push(`and ${count(more)} more: --json has all`);
  }
}

function processOf(pid: number | null): string {
  return pid === null ? 'a process that is not named' : `process ${pid}`;
}
