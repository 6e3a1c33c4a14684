/** The closing table of the release check: one row for each package. */
import type { Published } from './copy.ts';
import type { Size } from './published.ts';

export interface Row extends Published, Size {
  /** What was run with it. */
  readonly uses: readonly string[];
}

const HEADER = ['package', 'version', 'packed', 'unpacked', 'dependencies', 'what was run'];

/** The lines of the table, with columns as wide as their widest cell. Numbers are aligned to the right. */
export function closingTable(rows: readonly Row[]): string {
  const cells = rows.map(({ name, version, packed, unpacked, dependencies, uses }) => [
    name,
    version,
    kilobytes(packed),
    kilobytes(unpacked),
    String(dependencies),
    uses.join(', '),
  ]);
  const lines = [HEADER, ...cells];
  const widths = HEADER.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column >= 2 && column <= 4 ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
