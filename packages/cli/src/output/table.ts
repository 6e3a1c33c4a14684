/** Text tables whose columns are as wide as their content. */
import { harmless } from './json.ts';
import { lengthOf, type Style } from './style.ts';

/** A column: its title, its text for a row, and its alignment. */
export interface Column<R> {
  readonly title: string;
  readonly cell: (row: R) => string | number | undefined;
  readonly align?: 'left' | 'right';
}

/** The lines of a table, without a final line break. */
export function table<R>(columns: readonly Column<R>[], rows: readonly R[], { bold }: Style): string {
  const cells = rows.map((row) => columns.map(({ cell }) => harmless(String(cell(row) ?? '–'))));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => lengthOf(line[index] ?? ''))),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => padded(text, widths[index] ?? 0, columns[index]?.align))
      .join('  ')
      .trimEnd();
  return [bold(line(columns.map(({ title }) => title))), ...cells.map(line)].join('\n');
}

/** Pads a text with spaces. */
function padded(text: string, to: number, align: 'left' | 'right' = 'left'): string {
  const gap = ' '.repeat(Math.max(0, to - lengthOf(text)));
  return align === 'left' ? text + gap : gap + text;
}
