/** Bold, dim and coloured text, where the terminal supports it. */

/** Adds escape sequences to a text. */
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

/** @param env NO_COLOR, or TERM=dumb, turns styles off */
export function styleFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const wanted = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return isTerminal && wanted ? COLORED : PLAIN;
}

/** The number of visible characters of a text. */
export function lengthOf(text: string): number {
  return Array.from(bare(text)).length;
}

/** A text without its escape sequences. */
export function bare(text: string): string {
  // eslint-disable-next-line no-control-regex -- escape sequences begin with one
  return text.replaceAll(/\u001b\[[\d;]*m/g, '');
}
