// Draws what a terminal shows as an SVG: text with the few marks that our programs use, on a dark ground.

/** Sizes in pixels; the font is whatever monospaced one there is, stretched to the width of a cell. */
const CELL = { width: 8.4, height: 19 };
const MARGIN = 16;
const COLORS: Readonly<Record<number, string>> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  36: '#79c0ff',
};
const TEXT = '#e6edf3';
const DIM = '#8b949e';

interface Look {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly color: string | undefined;
}

const PLAIN: Look = { bold: false, dim: false, color: undefined };

/** An SVG of the lines; a screen reader gets the title, and then the text. */
export function terminalPicture(title: string, text: string, columns = 100): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const width = Math.round(columns * CELL.width + 2 * MARGIN);
  const height = lines.length * CELL.height + 2 * MARGIN;
  const drawn = lines.map((line, index) => drawLine(line, MARGIN + (index + 0.75) * CELL.height));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${TEXT}">
${drawn.filter((line) => line !== '').join('\n')}
</g>
</svg>
`;
}

function drawLine(line: string, y: number): string {
  let look = PLAIN;
  let column = 0;
  let drawn = '';
  // eslint-disable-next-line no-control-regex -- marks begin with one
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    // eslint-disable-next-line no-control-regex -- see above
    const mark = /^\u001b\[(\d+)m$/.exec(part);
    if (mark !== null) {
      look = marked(look, Number(mark[1]));
    } else if (part !== '') {
      const length = Array.from(part).length;
      if (part.trim() !== '') drawn += drawPart(part, length, { x: MARGIN + column * CELL.width, y, look });
      column += length;
    }
  }
  return drawn;
}

function marked(look: Look, code: number): Look {
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  return { ...look, color: COLORS[code] };
}

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly look: Look;
}

function drawPart(text: string, length: number, { x, y, look }: Spot): string {
  const fill = look.color ?? (look.dim ? DIM : undefined);
  const attributes = [
    `x="${x.toFixed(1)}" y="${y.toFixed(1)}"`,
    `textLength="${(length * CELL.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`,
    ...(look.bold ? ['font-weight="bold"'] : []),
    ...(fill === undefined ? [] : [`fill="${fill}"`]),
  ];
  return `<text ${attributes.join(' ')}>${escaped(text).replaceAll(' ', '\u00a0')}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
