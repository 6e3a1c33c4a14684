/** Bold, dim and colours, where a terminal shows them. */

/** Marks a text. */
type Mark = (text: string) => string;

export interface Style {
  readonly bold: Mark;
  readonly dim: Mark;
  readonly green: Mark;
  readonly yellow: Mark;
  readonly red: Mark;
  readonly cyan: Mark;
}

const mark =
  (on: number, off: number): Mark =>
  (text) =>
    `\u001b[${on}m${text}\u001b[${off}m`;
const plain: Mark = (text) => text;

const COLORED: Style = {
  bold: mark(1, 22),
  dim: mark(2, 22),
  green: mark(32, 39),
  yellow: mark(33, 39),
  red: mark(31, 39),
  cyan: mark(36, 39),
};
const PLAIN: Style = { bold: plain, dim: plain, green: plain, yellow: plain, red: plain, cyan: plain };

/** @param env where NO_COLOR, or a terminal that is dumb, asks for none */
export function styleFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const wanted = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return isTerminal && wanted ? COLORED : PLAIN;
}

/** How many characters a text shows. */
export function lengthOf(text: string): number {
  return Array.from(bare(text)).length;
}

/** A text without its marks. */
export function bare(text: string): string {
  // eslint-disable-next-line no-control-regex -- the marks begin with one
  return text.replaceAll(/\u001b\[[\d;]*m/g, '');
}
