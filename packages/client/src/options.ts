/** The options of the public API: what each may hold, and the check that refuses everything else at once. */
import { dict, isId, type Dict, type Keys, type Kwargs } from '@wamp/protocol';
import { startAt, type Entry } from './stack.ts';

/** Judges the value of an option: undefined when it may stand, else what is expected, in words. */
export type Rule = (value: unknown) => string | undefined;

/** The options of one function, by name. */
export type Rules<O = Readonly<Record<string, unknown>>> = Readonly<Record<keyof O & string, Rule>>;

/** A rule in words, and as a test. */
export const rule =
  (expected: string, holds: (value: unknown) => boolean): Rule =>
  (value) =>
    holds(value) ? undefined : expected;
const typed = (expected: string, type: string): Rule => rule(expected, (value) => typeof value === type);

export const BOOL: Rule = typed('true or false', 'boolean');
export const TEXT: Rule = typed('a string', 'string');
export const FUNCTION: Rule = typed('a function', 'function');
const LIST: Rule = rule('a list', Array.isArray);
export const DICT: Rule = rule('a plain object', isPlain);
export const MILLISECONDS: Rule = rule(
  'milliseconds, a number that is not negative',
  (value) => Number.isFinite(value) && Number(value) >= 0,
);
export const COUNT: Rule = rule('an integer from 1', isId);
export const oneOf = (...words: readonly string[]): Rule =>
  rule(`one of ${words.join(', ')}`, (value) => words.some((word) => word === value));
/** An object that has a method, or another member. */
export const having = (what: string, name: PropertyKey, type = 'function'): Rule =>
  rule(
    what,
    (value) => typeof (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[name] === type,
  );
/** One, or a list of some. */
export const some =
  (one: Rule): Rule =>
  (value) =>
    Array.isArray(value) && value.length > 0 ? value.map(one).find(Boolean) : one(value);
/** An object with options of its own. */
export const nested =
  (name: string, rules: Rules): Rule =>
  (value) => {
    if (isPlain(value)) checkOptions(name, rules, value);
    return DICT(value);
  };

export const SIGNAL: Rule = having('an AbortSignal', 'addEventListener');
export const CANCEL_MODE: Rule = oneOf('skip', 'kill', 'killnowait');
export const PASSTHRU: Rule = some(having('a passthru, or a list of them', 'pack'));
export const BUFFER: Rule = nested('buffer', {
  max: COUNT,
  overflow: oneOf('error', 'drop-oldest', 'drop-newest'),
});

/** Options that go on the wire: what they may hold, the protocol package knows. */
export function onTheWire<const N extends string>(keys: Keys, ...names: N[]): Readonly<Record<N, Rule>> {
  const rules = names.map((name) => {
    const key = wireName(name);
    return [name, attribute(keys[key]?.(key), key)];
  });
  return Object.fromEntries(rules) as Record<N, Rule>;
}

/** Further attributes for the wire: those that the protocol package knows hold what they have to. */
export function extra(keys: Keys): Rule {
  const known = attribute(dict(keys)(''), '');
  return (value) => DICT(value) ?? known(value);
}

/** @param label what a check calls what it judges, which its messages begin with */
function attribute(check: ((value: unknown) => unknown) | undefined, label: string): Rule {
  return (value) => {
    try {
      check?.(value);
      return undefined;
    } catch (error) {
      const said = String(error);
      const start = said.indexOf(`: ${label}`) + label.length + 2;
      return said
        .slice(start)
        .replace(': expected ', ': ')
        .replace(/, got .*/s, '')
        .replace(/^[.: ]+/, '');
    }
  };
}

/**
 * Judges all options that are set; `undefined` counts as not set.
 * @param name of the function that takes them
 * @param entry that function, or a method of its name
 * @throws TypeError that names the option, its value and what is expected
 */
export function checkOptions(name: string, rules: Rules, options: unknown, entry?: Entry): void {
  demand(DICT, options, `The options of ${name}`, entry);
  for (const option in options as Dict) {
    const value = (options as Dict)[option];
    if (Object.hasOwn(rules, option)) {
      if (value !== undefined) demand(rules[option], value, `Option ${option} of ${name}`, entry);
    } else {
      const known = Object.keys(rules);
      throw fault(
        `Unknown option ${option} of ${name}`,
        nearest(option, known) ?? known.join(', '),
        value,
        entry,
      );
    }
  }
}

/**
 * Judges the options of a function that takes a payload before them: without options, a payload whose keys are all names
 * of options was meant to be them. Who means it as keyword arguments passes options, be they `{}`.
 * @throws TypeError
 */
export function checkRequest(
  name: string,
  rules: Rules,
  payload: unknown,
  options: unknown,
  entry: Entry,
): void {
  if (options !== undefined) {
    checkOptions(name, rules, options, entry);
  } else if (isPlain(payload)) {
    const keys = Object.keys(payload);
    if (keys.length > 0 && keys.every((key) => Object.hasOwn(rules, key))) {
      const expected = `a payload before options; if these are keyword arguments, {} behind them`;
      throw fault(`Option ${keys.join(', ')} of ${name}`, expected, payload, entry);
    }
  }
}

/** @param what names the value @throws TypeError */
export function demand(judge: Rule | undefined, value: unknown, what: string, entry?: Entry): void {
  const expected = judge?.(value);
  if (expected !== undefined) throw fault(what, expected, value, entry);
}

/** For plain JavaScript, where a text easily stands in the place of a list. @throws TypeError */
export function requirePayload(name: string, args: unknown, kwargs: unknown, entry?: Entry): void {
  demand(LIST, args, `The args of ${name}`, entry);
  demand(DICT, kwargs, `The kwargs of ${name}`, entry);
}

/** A TypeError whose stack begins where `entry` was called. */
export function fault(what: string, expected: string, value: unknown, entry?: Entry): TypeError {
  // Of a secret, an error tells no more than its type.
  const got = /key|secret|passphrase/.test(what) ? typeof value : shown(value);
  const error = new TypeError(`${what}: expected ${expected}, got ${got}.`);
  if (entry !== undefined) startAt(error, entry);
  return error;
}

/** Attributes as the wire spells them: the options that `rules` has, `excludeMe` as `exclude_me`, and then `extra`. */
export function wireOptions(options: object & { readonly extra?: unknown }, rules: Rules): Dict {
  const wire: Record<string, unknown> = {};
  for (const option in options) {
    const value = (options as Dict)[option];
    if (value !== undefined && Object.hasOwn(rules, option)) wire[wireName(option)] = value;
  }
  return { ...wire, ...(options.extra as Kwargs | undefined) };
}

function wireName(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** By tag, not by prototype: an object from another window or realm of JavaScript is as good. */
export function isPlain(value: unknown): value is Kwargs {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** A value as messages show it. */
function shown(value: unknown): string {
  let text: string | undefined;
  try {
    text = typeof value === 'number' ? undefined : JSON.stringify(value);
  } catch {
    text = typeof value;
  }
  return (text ?? String(value)).slice(0, 60);
}

/** The known name that was meant, if one is at most two letters away. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = name.replaceAll('_', '').toLowerCase();
  for (const most of [0, 1, 2]) {
    const found = known.find((other) => isNear(plain, other.toLowerCase(), most));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether putting in, taking out or changing so many letters makes one text the other. */
function isNear(one: string, other: string, most: number): boolean {
  if (one === other || most < 0) return most >= 0;
  const [a, b] = [one.slice(1), other.slice(1)];
  if (one.codePointAt(0) === other.codePointAt(0)) return isNear(a, b, most);
  return isNear(a, b, most - 1) || isNear(a, other, most - 1) || isNear(one, b, most - 1);
}
