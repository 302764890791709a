/** An inspection, as people read it. */
import { formatId } from '../../../src/entry-id.js';
import { FORMAT_VERSION } from '../../../src/segment/layout.js';
import { segmentIdOf } from '../../../src/segment/segment-name.js';
import { bytes, count, counted, duration, percent, time } from '../output/numbers.js';
import type { Output } from '../output/output.js';
import { sparkline } from '../output/sparkline.js';
import { type Column, table } from '../output/table.js';
import { linesOf, oneLine, pad, wrap } from '../output/text.js';
import { type Inspection, versionOf } from './inspection.js';
import type { Counted } from './name-tally.js';
import { adviceFor, describeHole, VERDICT_STYLE } from './verdict-report.js';

const LABEL_COLUMNS = 10;
const BAR_COLUMNS = 40;
const MOST_NAMES = 10;
const MOST_HOLES = 10;

export async function printInspection(output: Output, inspection: Inspection): Promise<void> {
  const { segment, verdict, contents } = inspection;
  const say = new Sections(output);
  await output.line(output.style('bold', oneLine(segment.path)));
  await say.section('verdict', [output.style(VERDICT_STYLE[verdict.kind], verdict.kind)], [verdict.reason]);
  const advice = adviceFor(verdict, segment.path);
  if (advice !== undefined) await say.section('to do', [], [advice]);
  await say.section('header', [], headerLines(inspection));
  await say.section('writer', [], [writerLine(inspection)]);
  await say.section('file', fillLines(inspection), []);
  if (verdict.records > 0)
    await say.section('records', [], [listed(Object.entries(contents.records).map(asCounted))]);
  if (verdict.entries > 0) {
    await say.section('types', [], [listed(contents.types.counted, contents.types.uncounted)]);
    await say.section('tasks', taskLines(output, inspection), []);
    await say.section('written', timelineLines(inspection), []);
  }
  if (verdict.records > 0) await say.section('sizes', sizeLines(inspection), []);
  if (contents.undecodable > 0)
    await say.section(
      'foreign',
      [],
      [`${counted(contents.undecodable, 'payload')} of entries cannot be read`],
    );
  await say.section('damage', [], holeLines(inspection));
  const { tail } = verdict;
  if (tail !== null)
    await say.section(
      'torn',
      [],
      [
        `tail at ${tail.offset}: ${counted(tail.length, 'byte')} with ${counted(tail.records, 'whole record')}, never acknowledged`,
      ],
    );
}

/** Paragraphs with a label each at their left. */
class Sections {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  /** `lines` are as they are, `paragraphs` are wrapped. Nothing is said of what is empty. */
  async section(label: string, lines: readonly string[], paragraphs: readonly string[]): Promise<void> {
    const columns = this.#output.width - LABEL_COLUMNS;
    const wrapped = paragraphs.flatMap((text) => linesOf(text).flatMap((line) => wrap(line, columns)));
    for (const [i, line] of [...lines, ...wrapped].entries()) {
      const left = pad(i === 0 ? label : '', LABEL_COLUMNS);
      await this.#output.line(`${this.#output.style('dim', left)}${line}`.trimEnd());
    }
  }
}

function headerLines({ segment, header, verdict }: Inspection): string[] {
  if (header === undefined) {
    const version = versionOf(segment);
    if (verdict.kind === 'unsupported') return [`format ${version}`];
    if (verdict.kind === 'unreadable') return ['cannot be read'];
    return [
      version === undefined ? 'damaged; the name stands in for it' : 'of another segment; the name counts',
    ];
  }
  const { slot, pid, baseId, created, recycled } = header;
  return [
    `format ${FORMAT_VERSION}, slot ${slot}, made ${time(created)} by pid ${pid}${recycled ? ', in a recycled file' : ''}`,
    `segment ${segmentIdOf(header)}, base id ${formatId(baseId.high, baseId.low)}`,
  ];
}

function writerLine({ segment: { name, writer, holder, lastBatch } }: Inspection): string {
  if (name === undefined) return "unknown: the file's name is no segment's";
  switch (writer) {
    case 'sealed':
      return 'done: the segment is sealed by its name';
    case 'live':
      return `alive${holder?.pid === undefined ? '' : `, pid ${holder.pid}`}`;
    case 'cut':
      return `gave it up; a later segment says that it ends with batch ${lastBatch}`;
    case 'gone':
      return 'dead: nobody holds its lock';
  }
}

function fillLines({ segment: { size }, verdict, contents }: Inspection): string[] {
  if (verdict.kind === 'unreadable' || verdict.kind === 'unsupported') return [bytes(size)];
  const { payload, overhead, free } = contents.fill(size, verdict);
  const wrong = size - payload - overhead - free;
  const parts: [what: string, bytes: number, bar: string][] = [
    ['payload', payload, '█'],
    ['overhead', overhead, '▓'],
    ['damaged or torn', wrong, '×'],
    ['free', free, '░'],
  ];
  const there = parts.filter(([, part]) => part > 0);
  const bar = there.map(([, part, mark]) => mark.repeat(Math.round((BAR_COLUMNS * part) / size))).join('');
  const named = there.map(([what, part, mark]) => `${mark} ${what} ${bytes(part)} (${percent(part, size)})`);
  return size === 0 ? ['empty'] : [`${bar}  ${bytes(size)}`, ...pairs(named)];
}

/** Two a line, for narrow terminals. */
function pairs(texts: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < texts.length; i += 2) lines.push(texts.slice(i, i + 2).join('  '));
  return lines;
}

function asCounted([name, entries]: [string, number]): Counted {
  return { name, entries, bytes: 0 };
}

function listed(all: readonly Counted[], uncounted = 0): string {
  const shown = all.slice(0, MOST_NAMES).map(({ name, entries }) => `${oneLine(name)} ${count(entries)}`);
  const rest = all.slice(MOST_NAMES).reduce((sum, { entries }) => sum + entries, uncounted);
  return [...shown, ...(rest > 0 ? [`others ${count(rest)}`] : [])].join(', ');
}

function taskLines(output: Output, { contents: { tasks } }: Inspection): string[] {
  const columns: Column<Counted>[] = [
    { title: 'TASK', of: ({ name }) => oneLine(name), isFlexible: true },
    { title: 'ENTRIES', of: ({ entries }) => count(entries), align: 'right' },
    { title: 'TEXT', of: (task) => bytes(task.bytes), align: 'right' },
  ];
  const all = tasks.counted;
  const lines = table(output, columns, all.slice(0, MOST_NAMES), output.width - LABEL_COLUMNS)
    .trimEnd()
    .split('\n');
  if (all.length > MOST_NAMES) lines.push(`and ${counted(all.length - MOST_NAMES, 'more task')}`);
  if (tasks.uncounted > 0)
    lines.push(`and ${counted(tasks.uncounted, 'entry', 'entries')} of tasks without number`);
  return lines;
}

function timelineLines({ contents }: Inspection): string[] {
  const { from, to, entries } = contents.timeline.result!;
  if (from === to) return [time(from)];
  return [`${sparkline(entries)}`, `${time(from)} to ${time(to)} (${duration(to - from)})`];
}

function sizeLines({ contents: { sizes } }: Inspection): string[] {
  const most = Math.max(...sizes.map(({ records }) => records));
  return sizes.map(({ upTo, records }) => {
    const bar = '█'.repeat(Math.ceil((BAR_COLUMNS * records) / most));
    return `up to ${pad(bytes(upTo), 8, 'right')}  ${pad(count(records), 9, 'right')}  ${bar}`;
  });
}

function holeLines({ verdict: { holes, holeCount } }: Inspection): string[] {
  const lines = holes.slice(0, MOST_HOLES).map((hole) => `at ${hole.offset}: ${describeHole(hole)}`);
  if (holeCount > MOST_HOLES) lines.push(`and ${count(holeCount - MOST_HOLES)} more`);
  return lines;
}
