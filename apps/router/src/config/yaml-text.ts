/** Parses YAML text into a document, within limits of length and nesting. */
import { Composer, CST, Lexer, Parser, type Document, type LineCounter } from 'yaml';
import type { Fault, Path, Position } from './faults.ts';

/** Far more than a real configuration needs, and small enough to be refused quickly. */
const MOST_TOKENS = 50_000;
/** The maximum nesting depth. */
export const MOST_LEVELS = 50;
export const TOO_DEEP = 'is nested too deep';
/** The maximum number of aliases and anchors. */
export const MOST_ALIASES = 100;
export const TOO_MANY_ALIASES = 'is one anchor or alias too many';

/** Thrown when a limit is exceeded. */
export class Excess extends Error {
  readonly fault: Fault;

  constructor(path: Path, position: Position, text: string) {
    super(text);
    this.fault = { path, position, text };
  }
}

/**
 * A document of the core schema: no tags, no merge keys, and all keys are strings.
 * @throws Excess
 */
export function compose(text: string, lines: LineCounter): Document.Parsed {
  checkTokens(text);
  const composer = new Composer({
    // The library's message would quote the line, which may contain secrets.
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    // The library's check compares each key with all others.
    uniqueKeys: false,
  });
  const tokens = new Parser(lines.addNewLine).parse(text);
  const [document, next] = composer.compose(shallow(tokens, lines), true, text.length);
  if (document === undefined) throw new TypeError('a text without a document');
  if (next !== undefined) {
    throw new Excess([], positionOf(next.range[0], lines), 'begins a second document, expected one');
  }
  return document;
}

/** The syntax errors; the first of each position. */
export function syntaxFaults({ errors, warnings }: Document.Parsed, lines: LineCounter): readonly Fault[] {
  const faults = new Map<number, Fault>();
  for (const { code, message, pos } of [...errors, ...warnings]) {
    const [offset] = pos;
    const text = SYNTAX[code] ?? `is not valid YAML: ${message}`;
    if (!faults.has(offset)) faults.set(offset, { path: [], position: positionOf(offset, lines), text });
  }
  return [...faults.values()];
}

export function positionOf(offset: number, lines: LineCounter): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** Our own message, because the library's would quote the text. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_DIRECTIVE: 'is a directive that YAML does not know',
  BAD_DQ_ESCAPE: 'holds a backslash that escapes nothing, expected \\\\ for the backslash itself',
  BAD_SCALAR_START: 'begins with a reserved character, expected quotes around the text',
  UNEXPECTED_TOKEN: 'does not belong here',
};

/** Checks the tokens first, because building the document is the expensive part. */
function checkTokens(text: string): void {
  let [tokens, anchors, offset] = [0, 0, 0];
  let previous = '';
  for (const token of new Lexer().lex(text)) {
    // The content of scalars is not checked here.
    const first = previous === CST.SCALAR ? '' : token.charAt(0);
    tokens += 1;
    if (first === '&' || first === '*') anchors += 1;
    const excess =
      tokens > MOST_TOKENS
        ? 'the file goes on for too long: it holds too many values'
        : anchors > MOST_ALIASES
          ? TOO_MANY_ALIASES
          : first === '!'
            ? 'has a tag, expected plain values'
            : undefined;
    if (excess !== undefined) throw new Excess([], positionIn(text, offset), excess);
    if (!MARKS.has(token)) offset += token.length;
    previous = token;
  }
}

/** Tokens without a value. */
const MARKS: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

function positionIn(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Passes tokens up to the maximum depth: composing is recursive, and would exhaust the stack. */
function* shallow(tokens: Iterable<CST.Token>, lines: LineCounter): Generator<CST.Token> {
  for (const token of tokens) {
    let level: readonly CST.Token[] = token.type === 'document' && token.value ? [token.value] : [];
    for (let depth = 0; level.length > 0; depth += 1) {
      if (depth > MOST_LEVELS) throw new Excess([], positionOf(level[0]?.offset ?? 0, lines), TOO_DEEP);
      level = level.flatMap(childrenOf);
    }
    yield token;
  }
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  if (!CST.isCollection(token)) return [];
  return token.items.flatMap(({ key, value }) =>
    [key, value].filter((child) => child !== null && child !== undefined),
  );
}
