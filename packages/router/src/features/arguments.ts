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

/** What a procedure takes. */
export interface Parameters {
  /** By place, or by name instead. */
  readonly places?: readonly string[];
  /** By name only. */
  readonly names?: readonly string[];
}

/**
 * A procedure that refuses arguments it does not take: with those ignored, its answer would be one to another question.
 * Only names that begin with `x_` are passed over, as attributes of that kind are in messages (EXT-1).
 *
 * `serve` gets the arguments by place in `args`, wherever they stood in the call, and those by name only in `kwargs`.
 * What it throws for an argument it does not know is an ApplicationError `wamp.error.invalid_argument` that names it.
 */
export function taking({ places = [], names = [] }: Parameters, serve: MetaProcedure): MetaProcedure {
  return (call) => {
    const { payload, caller } = call;
    return serve({ ...resolve<unknown>(call, places, names), payload, caller });
  };
}

/** Arguments: decoded, or not. */
interface Arguments<T> {
  readonly args: readonly (T | undefined)[];
  readonly kwargs: Readonly<Record<string, T>>;
}

/** Puts arguments in their places. @throws ApplicationError `wamp.error.invalid_argument` */
function resolve<T>(
  { args, kwargs }: Arguments<T>,
  places: readonly string[],
  names: readonly string[],
): Arguments<T> {
  if (args.length > places.length) {
    const byName = names.length === 0 ? '' : `; by name it takes ${names.join(', ')}`;
    throw invalid(`argument ${places.length + 1}: this procedure takes ${places.length} by place${byName}`);
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
      if (byPlace[place] !== undefined) throw invalid(`${key}: given twice, by place and by name`);
      byPlace[place] = value;
    } else if (names.includes(key)) byName[key] = value;
    else if (!key.startsWith('x_'))
      throw invalid(`${key.slice(0, LONGEST_NAME)}: ${noSuch([...places, ...names])}`);
  }
  return { args: byPlace, kwargs: byName };
}

/** How many arguments a call may have by place, and how many by name, where they are not decoded. */
const MOST_ARGUMENTS = 1000;

/** Arguments that are not decoded: values may take twenty times the memory of their bytes, and long to make. */
export interface Undecoded extends Arguments<Element> {
  /** Of what they are the bytes. */
  readonly serializer: PayloadCodec;
}

/** The arguments of a call as {@link taking} resolves them. @throws ApplicationError `wamp.error.invalid_argument` */
export function undecoded({ payload }: MetaCall, { places = [], names = [] }: Parameters): Undecoded {
  const { serializer, bytes, count } = encoded(payload);
  const found = elementsOf(serializer, bytes, count, MOST_ARGUMENTS);
  if (found?.isComplete !== true) throw invalid(`expected ${MOST_ARGUMENTS} arguments at most`);
  return {
    ...resolve({ args: found.args, kwargs: Object.fromEntries(found.kwargs) }, places, names),
    serializer,
  };
}

/** A payload that came as values, or by a serializer that nobody here knows, is put into JSON. */
function encoded(payload: Payload): { serializer: PayloadCodec; bytes: Uint8Array; count: PayloadCount } {
  const { encoded: own, count } = payload;
  if (own !== undefined && elementsOf(own.serializer, own.bytes, 0, 0) !== undefined)
    return { ...own, count };
  const values = Payload.received(payload.args, payload.kwargs);
  return { serializer: json, bytes: values.as(json), count: values.count };
}

/** In characters: a caller may make up any name. */
const LONGEST_NAME = 100;

function noSuch(names: readonly string[]): string {
  const known = names.length === 0 ? 'none' : names.join(', ');
  return `this procedure takes no such argument by name; it takes ${known}`;
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

/** A string that may be missing; null counts as missing. */
export function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined || value === null ? undefined : textArgument(value, name);
}

/** How many names one list may have. */
const MOST_NAMES = 1000;

/** A list of strings, for look-ups; undefined and null count as missing. */
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
