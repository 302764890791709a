/** Columns side by side. What is too wide for the terminal loses columns' width where it hurts least: in the last text. */
import type { Output, Style } from './output.js';
import { cut, pad, widthOf } from './text.js';

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  readonly align?: 'left' | 'right';
  readonly style?: (row: Row) => Style | undefined;
  /** May be cut to fit. */
  readonly isFlexible?: boolean;
}

const GAP = 2;
const LEAST_FLEXIBLE = 8;

/** The texts must have been made printable. */
export function table<Row>(
  output: Output,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = output.width,
): string {
  const cells = rows.map((row) => columns.map(({ of }) => of(row)));
  const widths = columns.map(({ title }, i) =>
    cells.reduce((width, row) => Math.max(width, widthOf(row[i]!)), widthOf(title)),
  );
  shrink(widths, columns, width);
  const line = (texts: readonly string[], styles: readonly (Style | undefined)[]) =>
    texts
      .map((text, i) => {
        const { align = 'left' } = columns[i]!;
        const isLast = i === texts.length - 1;
        const fitting = cut(text, widths[i]!);
        const padded = isLast && align === 'left' ? fitting : pad(fitting, widths[i]!, align);
        const style = styles[i];
        return style === undefined ? padded : output.style(style, padded);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const head = line(
    columns.map(({ title }) => title),
    columns.map(() => 'dim' as const),
  );
  const body = rows.map((row, n) =>
    line(
      cells[n]!,
      columns.map(({ style }) => style?.(row)),
    ),
  );
  return [head, ...body].map((text) => `${text}\n`).join('');
}

function shrink(widths: number[], columns: readonly { readonly isFlexible?: boolean }[], most: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
  while (total() > most) {
    let widest = -1;
    columns.forEach(({ isFlexible }, i) => {
      if (isFlexible !== true || widths[i]! <= LEAST_FLEXIBLE) return;
      if (widest < 0 || widths[i]! > widths[widest]!) widest = i;
    });
    if (widest < 0) return;
    widths[widest]!--;
  }
}
