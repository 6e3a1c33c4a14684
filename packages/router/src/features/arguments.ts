/** Reads the arguments of the router's own procedures. */
import {
  ApplicationError,
  elementsOf,
  ErrorUri,
  isId,
  json,
  Payload,
  type Element,
  type Id,
  type PayloadCodec,
  type PayloadCount,
} from '@wamp/protocol';
import type { MetaCall, MetaProcedure } from '../core/meta-session.ts';

/** The parameters of a procedure. */
export interface Parameters {
  /** Parameters that may be given by position or by name. */
  readonly places?: readonly string[];
  /** Parameters that may be given by name only. */
  readonly names?: readonly string[];
}

/**
 * A procedure that refuses unknown arguments: if it ignored them, its answer would be to a different question. It
 * ignores only names that begin with `x_`, as messages do with attributes of such names (EXT-1).
 *
 * `serve` gets the parameters of `places` in `args`, however the caller passed them, and those of `names` in `kwargs`.
 * An unknown argument is refused with an ApplicationError `wamp.error.invalid_argument` that names it.
 */
export function taking({ places = [], names = [] }: Parameters, serve: MetaProcedure): MetaProcedure {
  return (call) => {
    const { payload, caller } = call;
    return serve({ ...resolve<unknown>(call, places, names), payload, caller });
  };
}

/** Arguments, decoded or not. */
interface Arguments<T> {
  readonly args: readonly (T | undefined)[];
  readonly kwargs: Readonly<Record<string, T>>;
}

/** Assigns arguments to parameters. @throws ApplicationError `wamp.error.invalid_argument` */
function resolve<T>(
  { args, kwargs }: Arguments<T>,
  places: readonly string[],
  names: readonly string[],
): Arguments<T> {
  if (args.length > places.length) {
    const byName = names.length === 0 ? '' : `, and the keyword arguments ${names.join(', ')}`;
    throw invalid(
      `argument ${places.length + 1}: this procedure takes ${places.length} positional arguments${byName}`,
    );
  }
  const keys = Object.keys(kwargs);
  if (keys.length === 0) return { args, kwargs };
  const byPlace = [...args];
  const byName: Record<string, T> = {};
  for (const key of keys) {
    const place = places.indexOf(key);
    const value = kwargs[key];
    if (value === undefined) continue;
    if (place !== -1) {
      if (byPlace[place] !== undefined)
        throw invalid(`${key}: given twice, as a positional and as a keyword argument`);
      byPlace[place] = value;
    } else if (names.includes(key)) byName[key] = value;
    else if (!key.startsWith('x_'))
      throw invalid(`${key.slice(0, LONGEST_NAME)}: ${noSuch([...places, ...names])}`);
  }
  return { args: byPlace, kwargs: byName };
}

/** The most positional arguments of an undecoded call, and the most keyword arguments. */
const MOST_ARGUMENTS = 1000;

/** Undecoded arguments: decoded values may need twenty times the memory of their bytes, and much time. */
export interface Undecoded extends Arguments<Element> {
  /** The serializer of the bytes. */
  readonly serializer: PayloadCodec;
}

/** The arguments of a call as {@link taking} resolves them. @throws ApplicationError `wamp.error.invalid_argument` */
export function undecoded({ payload }: MetaCall, { places = [], names = [] }: Parameters): Undecoded {
  const { serializer, bytes, count } = encoded(payload);
  const found = elementsOf(serializer, bytes, count, MOST_ARGUMENTS);
  if (found?.isComplete !== true) throw invalid(`expected at most ${MOST_ARGUMENTS} arguments`);
  return {
    ...resolve({ args: found.args, kwargs: Object.fromEntries(found.kwargs) }, places, names),
    serializer,
  };
}

/** A payload that consists of values, or is in an unknown serializer, is encoded as JSON. */
function encoded(payload: Payload): { serializer: PayloadCodec; bytes: Uint8Array; count: PayloadCount } {
  const { encoded: own, count } = payload;
  if (own !== undefined && elementsOf(own.serializer, own.bytes, 0, 0) !== undefined)
    return { ...own, count };
  const values = Payload.received(payload.args, payload.kwargs);
  return { serializer: json, bytes: values.as(json), count: values.count };
}

/** How much of an unknown name an error repeats (characters). */
const LONGEST_NAME = 100;

function noSuch(names: readonly string[]): string {
  const known = names.length === 0 ? 'none' : names.join(', ');
  return `this procedure has no such keyword argument; it takes ${known}`;
}

/** The error for an argument of the wrong kind. */
export function invalid(explanation: string): ApplicationError {
  return new ApplicationError(ErrorUri.INVALID_ARGUMENT, [explanation]);
}

export function idArgument(value: unknown, name: string): Id {
  if (!isId(value)) throw invalid(`${name}: expected an id`);
  return value;
}

export function textArgument(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalid(`${name}: expected a string`);
  return value;
}

/** A string or undefined; null counts as undefined. */
export function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined || value === null ? undefined : textArgument(value, name);
}

/** The most names in one list. */
const MOST_NAMES = 1000;

/** A list of strings as a set; undefined for undefined and null. */
export function optionalSet(value: unknown, name: string): ReadonlySet<string> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw invalid(`${name}: expected a list of strings`);
  if (value.length > MOST_NAMES) {
    throw invalid(`${name}: expected ${MOST_NAMES} strings at most, not ${value.length}`);
  }
  if (!isListOfStrings(value)) throw invalid(`${name}: expected a list of strings`);
  return new Set(value);
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
