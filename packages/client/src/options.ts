/** Checks the options of the public API: refuses unknown names and invalid values with a TypeError. */
import { isId, type Dict, type Kwargs } from '@wamp/protocol';
import { startAt, type EntryPoint } from './stack.ts';

/** Checks the value of an option: returns undefined if it is valid, else a description of what is expected. */
export type Rule = (value: unknown) => string | undefined;

/** The options of one function, by name. */
export type Rules<O = Readonly<Record<string, unknown>>> = Readonly<Record<keyof O & string, Rule>>;

/** What follows the URI of a request: a payload, then options; anything more is refused. */
export type RequestArguments<O> = readonly [
  payload?: unknown,
  options?: O & { readonly kwargs?: unknown },
  ...surplus: unknown[],
];

/** A rule from a description and a predicate. */
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
/** An object that has the given method, or another member. */
export const having = (what: string, name: PropertyKey, type = 'function'): Rule =>
  rule(
    what,
    (value) => typeof (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[name] === type,
  );
/** One value that satisfies the rule, or a non-empty list of them. */
export const some =
  (one: Rule): Rule =>
  (value) =>
    Array.isArray(value) && value.length > 0 ? value.map(one).find(Boolean) : one(value);
/** A list. */
export const listOf = (expected: string, holds: (value: unknown) => boolean): Rule =>
  rule(`a list of ${expected}`, (value) => Array.isArray(value) && value.every(holds));
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
  maxBytes: COUNT,
  overflow: oneOf('error', 'drop-oldest', 'drop-newest'),
});

/** The rule for `extra`: an attribute that `rules` know, in their own spelling, must have a valid value. */
export const extra =
  (rules: Rules): Rule =>
  (value) => {
    for (const key in isPlain(value) ? value : {}) {
      const expected = rules[optionName(key)]?.((value as Dict)[key]);
      if (expected !== undefined) return `${key}: ${expected}`;
    }
    return DICT(value);
  };

/**
 * Checks all options that are set; `undefined` counts as not set.
 * @param name the function that takes them
 * @param entry that function, or a method of its name
 * @param surplus the arguments after the options, which are refused
 * @throws TypeError that names the option, its value and what is expected
 */
export function checkOptions(
  name: string,
  rules: Rules,
  options: unknown,
  entry?: EntryPoint,
  surplus?: readonly unknown[],
): void {
  if (surplus !== undefined) requireNone(surplus, name, entry);
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
 * Checks the options of a function that takes a payload before them. If there are none, and all keys of the payload
 * are names of options, the payload was probably meant as options, and is refused. To send such keys as keyword
 * arguments, pass options, `{}` if necessary.
 * @returns the arguments @throws TypeError
 */
export function checkRequest<O>(
  name: string,
  rules: Rules,
  args: RequestArguments<O>,
  entry: EntryPoint,
): RequestArguments<O> {
  const [payload, options] = args;
  if (args.length > 2) requireNone(args.slice(2), name, entry);
  if (options !== undefined) {
    checkOptions(name, rules, options, entry);
  } else if (isPlain(payload)) {
    const keys = Object.keys(payload);
    if (keys.length > 0 && keys.every((key) => Object.hasOwn(rules, key))) {
      const expected = `a payload before options; if these are keyword arguments, {} behind them`;
      throw fault(`Option ${keys.join(', ')} of ${name}`, expected, payload, entry);
    }
  }
  return args;
}

/** Other clients take options as a fourth argument: ignoring them silently would change what a request does. @throws TypeError */
export function requireNone(surplus: readonly unknown[], name: string, entry?: EntryPoint): void {
  if (surplus.length > 0)
    throw fault(
      `The arguments of ${name}`,
      'options, with kwargs among them, as the last one',
      surplus[0],
      entry,
    );
}

/** @param what the name of the value in the message @throws TypeError */
export function demand(judge: Rule | undefined, value: unknown, what: string, entry?: EntryPoint): void {
  const expected = judge?.(value);
  if (expected !== undefined) throw fault(what, expected, value, entry);
}

/** Checks types at run time, for callers without TypeScript. @throws TypeError */
export function requirePayload(name: string, args: unknown, kwargs: unknown, entry?: EntryPoint): void {
  demand(LIST, args, `The args of ${name}`, entry);
  demand(DICT, kwargs, `The kwargs of ${name}`, entry);
}

/** A TypeError whose stack begins where `entry` was called. */
export function fault(what: string, expected: string, value: unknown, entry?: EntryPoint): TypeError {
  // The message does not reveal the value of a secret, only its type.
  const got = /key|secret|passphrase/.test(what) ? typeof value : shown(value);
  const error = new TypeError(`${what}: expected ${expected}, got ${got}.`);
  if (entry !== undefined) startAt(error, entry);
  return error;
}

const NONE: Dict = Object.freeze({});

/** The options of `rules` in the spelling of the wire (`excludeMe` as `exclude_me`), followed by `extra`. */
export function wireOptions(
  options: (object & { readonly extra?: unknown }) | undefined,
  rules: Rules,
): Dict {
  if (options === undefined) return NONE;
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

function optionName(attribute: string): string {
  return attribute.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Compares the tag, not the prototype: an object may come from another window. */
export function isPlain(value: unknown): value is Kwargs {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** A value as error messages show it. */
function shown(value: unknown): string {
  let text: string | undefined;
  try {
    text = typeof value === 'number' ? undefined : JSON.stringify(value);
  } catch {
    text = typeof value;
  }
  return (text ?? String(value)).slice(0, 60);
}

/** The known name that is at most two edits away, if there is one. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = name.replaceAll('_', '').toLowerCase();
  for (const most of [0, 1, 2]) {
    const found = known.find((other) => isNear(plain, other.toLowerCase(), most));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether the edit distance of the texts is at most `most`. */
function isNear(one: string, other: string, most: number): boolean {
  if (one === other || most < 0) return most >= 0;
  const [a, b] = [one.slice(1), other.slice(1)];
  if (one.codePointAt(0) === other.codePointAt(0)) return isNear(a, b, most);
  return isNear(a, b, most - 1) || isNear(a, other, most - 1) || isNear(one, b, most - 1);
}
