/** What a program has printed to a terminal with colours, as a picture (SVG). */
import { widthOf } from '../cli/output/text.js';

const COLUMN = 8.4;
const LINE = 19;
const SIDE = 16;
const HEAD = 40;
const FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const BACKGROUND = '#0d1117';
const FOREGROUND = '#d0d7de';
/** Of the codes 30 to 37, and 90 to 97. */
const COLOURS = ['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4'];

interface Look {
  colour: string;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
}

const PLAIN: Look = { colour: FOREGROUND, bold: false, dim: false, italic: false, underline: false };

/** `command`: as it stands behind the prompt. */
export function terminalPicture(command: string, printed: string, columns: number): string {
  const lines = printed.replace(/\n+$/, '').split('\n');
  const width = Math.ceil(2 * SIDE + columns * COLUMN);
  const height = HEAD + (lines.length + 1.5) * LINE + SIDE;
  const prompt = `<tspan fill="${COLOURS[2]}">$ </tspan><tspan font-weight="bold">${escaped(command)}</tspan>`;
  const texts = [text(prompt, 0), ...linesAsText(lines)].join('\n');
  const lights = ['#ff5f57', '#febc2e', '#28c840']
    .map((colour, i) => `<circle cx="${20 + 18 * i}" cy="18" r="5.5" fill="${colour}"/>`)
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(command)}">
<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>
${lights}
<g font-family="${FONT}" font-size="14" fill="${FOREGROUND}" xml:space="preserve">
${texts}
</g>
</svg>
`;
}

function linesAsText(lines: readonly string[]): string[] {
  let look = { ...PLAIN };
  return lines.map((line, n) => {
    let [column, spans] = [0, ''];
    // What steers stands between the pieces of text.
    for (const [i, piece] of line.split(/\u001b\[([\d;]*)m/).entries()) {
      if (i % 2 === 1) look = changed(look, piece);
      else if (piece !== '') {
        spans += span(piece, look, column);
        column += widthOf(piece);
      }
    }
    return text(spans, n + 1);
  });
}

function text(spans: string, line: number): string {
  return `<text x="${SIDE}" y="${HEAD + (line + 1) * LINE}">${spans}</text>`;
}

function span(piece: string, { colour, bold, dim, italic, underline }: Look, column: number): string {
  const width = widthOf(piece) * COLUMN;
  const attributes = [
    `x="${(SIDE + column * COLUMN).toFixed(1)}"`,
    // Fonts differ, and columns must not.
    `textLength="${width.toFixed(1)}" lengthAdjust="spacingAndGlyphs"`,
    colour === FOREGROUND ? '' : `fill="${colour}"`,
    bold ? 'font-weight="bold"' : '',
    dim ? 'fill-opacity="0.6"' : '',
    italic ? 'font-style="italic"' : '',
    underline ? 'text-decoration="underline"' : '',
  ].filter((attribute) => attribute !== '');
  return `<tspan ${attributes.join(' ')}>${escaped(piece)}</tspan>`;
}

function changed(before: Look, codes: string): Look {
  const look = { ...before };
  for (const code of codes.split(';').map(Number)) {
    if (code === 0) Object.assign(look, PLAIN);
    else if (code === 1) look.bold = true;
    else if (code === 2) look.dim = true;
    else if (code === 3) look.italic = true;
    else if (code === 4) look.underline = true;
    else if (code === 22) look.bold = look.dim = false;
    else if (code === 23) look.italic = false;
    else if (code === 24) look.underline = false;
    else if (code === 39) look.colour = FOREGROUND;
    else if (code >= 30 && code <= 37) look.colour = COLOURS[code - 30]!;
    else if (code >= 90 && code <= 97) look.colour = COLOURS[code - 90]!;
  }
  return look;
}

function escaped(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
