/** Parses conversations: lines of `peer → message` and `peer ← message` in the notation of the specification. */

/** Matches anything. */
const ANYTHING: unique symbol = Symbol('*');
/** As a key of a dict: further keys are allowed. */
const AND_MORE: unique symbol = Symbol('...');

/** A variable: its first match binds it, later ones are compared. */
class Variable {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** One line of a conversation. */
export type ScriptLine = { readonly text: string } & (
  | { readonly kind: 'send' | 'expect'; readonly peer: string; readonly message: unknown }
  | { readonly kind: 'send-raw'; readonly peer: string; readonly raw: string }
  | { readonly kind: 'hang-up' | 'expect-closed' | 'expect-nothing'; readonly peer: string }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'date'; readonly ms: number }
  | { readonly kind: 'drain'; readonly ms: number }
);

/** The lines of a script, without blank lines and comments (`#`). */
export function parseScript(script: string): ScriptLine[] {
  return script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseLine);
}

function parseLine(text: string): ScriptLine {
  const clock = /^clock \+(\d+)$/.exec(text);
  if (clock !== null) return { text, kind: 'wait', ms: Number(clock[1]) };
  const date = /^date ([+-]\d+)$/.exec(text);
  if (date !== null) return { text, kind: 'date', ms: Number(date[1]) };
  const drain = /^router drains (\d+)$/.exec(text);
  if (drain !== null) return { text, kind: 'drain', ms: Number(drain[1]) };
  const [, peer = '', arrow, rest = ''] = /^(\S+)\s+(→|←)\s+(.*)$/.exec(text) ?? [];
  if (peer === '')
    throw new SyntaxError(`expected a line with an arrow, clock, date or router, not: ${text}`);
  if (arrow === '→') {
    if (rest === 'closed') return { text, kind: 'hang-up', peer };
    if (rest === 'raw' || rest.startsWith('raw ')) {
      return { text, kind: 'send-raw', peer, raw: rest.slice('raw '.length) };
    }
    return { text, kind: 'send', peer, message: parseNotation(rest) };
  }
  if (rest === 'closed') return { text, kind: 'expect-closed', peer };
  if (rest === 'nothing') return { text, kind: 'expect-nothing', peer };
  return { text, kind: 'expect', peer, message: parseNotation(rest) };
}

const TOKEN = /"(?:[^"\\]|\\.)*"|\$\w+|\.\.\.|\*/g;
const MARK = '\u0001';

/**
 * JSON with `*` for anything, `$name` for a variable, and `...` in a dict for further keys. As in `wamp.2.json`, a
 * string of U+0000 and base64 is binary data, with any serializer (BIN-2).
 */
function parseNotation(text: string): unknown {
  const marked = text.replace(TOKEN, (token) => {
    if (token.startsWith('"')) return token;
    if (token === '...') return `"${JSON.stringify(MARK).slice(1, -1)}...":true`;
    return JSON.stringify(MARK + token);
  });
  return revive(JSON.parse(marked));
}

function revive(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(MARK)) {
    return value === `${MARK}*` ? ANYTHING : new Variable(value.slice(2));
  }
  if (typeof value === 'string' && value.startsWith('\0')) return bytesOf(value.slice(1));
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) =>
    key === `${MARK}...` ? [AND_MORE, true] : [key, revive(item)],
  );
  return Object.fromEntries(entries);
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Replaces variables by their values. */
export function fill(template: unknown, variables: ReadonlyMap<string, unknown>): unknown {
  if (template instanceof Variable) {
    if (!variables.has(template.name)) throw new Error(`$${template.name} has no value yet`);
    return variables.get(template.name);
  }
  if (Array.isArray(template)) return template.map((item) => fill(item, variables));
  if (template instanceof Uint8Array) return template;
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fill(item, variables)]));
}

/** Compares, and binds variables at their first occurrence. */
export function matchesTemplate(
  template: unknown,
  actual: unknown,
  variables: Map<string, unknown>,
): boolean {
  if (template === ANYTHING) return true;
  if (template instanceof Variable) {
    if (variables.has(template.name)) return variables.get(template.name) === actual;
    variables.set(template.name, actual);
    return true;
  }
  if (Array.isArray(template)) return matchesList(template, actual, variables);
  if (template instanceof Uint8Array) return matchesBytes(template, actual);
  if (typeof template === 'object' && template !== null) return matchesDict(template, actual, variables);
  return Object.is(template, actual);
}

function matchesList(
  template: readonly unknown[],
  actual: unknown,
  variables: Map<string, unknown>,
): boolean {
  return (
    Array.isArray(actual) &&
    actual.length === template.length &&
    template.every((item, index) => matchesTemplate(item, actual[index], variables))
  );
}

function matchesBytes(template: Uint8Array, actual: unknown): boolean {
  return (
    actual instanceof Uint8Array &&
    actual.length === template.length &&
    template.every((byte, index) => byte === actual[index])
  );
}

function matchesDict(template: object, actual: unknown, variables: Map<string, unknown>): boolean {
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
  const entries = Object.entries(template);
  const extra = Object.keys(actual).length - entries.length;
  if (extra !== 0 && !(extra > 0 && AND_MORE in template)) return false;
  const found = new Map<string, unknown>(Object.entries(actual));
  return entries.every(([key, item]) => found.has(key) && matchesTemplate(item, found.get(key), variables));
}
