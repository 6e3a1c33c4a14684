/** The faults of a configuration file, with their positions. */
import { CannotStart, USAGE } from '../failure.ts';
import { inOneLine } from '../one-line.ts';

/** The path of a value: keys and indexes. */
export type Path = readonly (string | number)[];

/** Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Fault {
  /** The name of its file; the first of the configuration when absent. */
  readonly file?: string;
  readonly path: Path;
  readonly position: Position;
  /** What is wrong, and what is expected. Never a value of the file, because it may be a secret. */
  readonly text: string;
}

/** The number of faults listed; further ones are only counted. */
const MOST_PRINTED = 50;

/** The error for an invalid configuration file: one line for each fault, in the order of the file. */
export class FaultyConfiguration extends CannotStart {
  readonly faults: readonly Fault[];

  /**
   * @param file the name of the file, as it was given
   * @param others the names of the files that it includes, in the order in which they were read
   */
  constructor(file: string, faults: readonly Fault[], others: readonly string[] = []) {
    const ranks = new Map([file, ...others].map((name, rank) => [name, rank]));
    const rank = (fault: Fault): number => ranks.get(fault.file ?? file) ?? 0;
    const sorted = [...faults].sort((a, b) => rank(a) - rank(b) || byPosition(a, b));
    const lines = sorted.slice(0, MOST_PRINTED).map((fault) => lineFor(fault.file ?? file, fault));
    const more = sorted.length - lines.length;
    super([...lines, ...(more > 0 ? [`${file}: and ${more} faults more`] : [])].join('\n'), USAGE);
    this.faults = sorted;
  }
}

function byPosition({ position: a }: Fault, { position: b }: Fault): number {
  return a.line - b.line || a.column - b.column;
}

function lineFor(file: string, { path, position, text }: Fault): string {
  const place = `${file}:${position.line}:${position.column}`;
  return path.length === 0 ? `${place}: ${text}` : `${place}: ${pathText(path)}: ${text}`;
}

/** Such as `realms[0].name`; keys with other characters are quoted. */
function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[\w-]{1,100}$/.test(step)) return `[${inOneLine(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
