/** The elements of a payload, found in its bytes without decoding them. */
import type { PayloadCodec, PayloadCount } from '../payload.ts';
import * as cbor from '../serializers/cbor-skip.ts';
import {
  COMMA,
  DICT_END,
  DICT_START,
  LIST_END,
  LIST_START,
  skipBlanks,
  skipValue as skipJson,
} from '../serializers/json-skip.ts';
import * as msgpack from '../serializers/msgpack-skip.ts';
import { readText } from '../serializers/text.ts';

/** One value of a payload, in the encoding of its serializer. */
export interface Element {
  readonly kind: 'list' | 'dict' | 'other';
  /** True for an empty list or dict. */
  readonly isEmpty: boolean;
  /** The encoded value, as a view. */
  readonly bytes: Uint8Array;
  /** Decodes the value. */
  value(): unknown;
}

/** The elements of Args and the entries of Kwargs. */
export interface Elements {
  readonly args: readonly Element[];
  readonly kwargs: ReadonlyMap<string, Element>;
  /** False when there are more than requested. */
  readonly isComplete: boolean;
}

/** The positions of the parts of a list or a dict: its elements, or its keys and values in turns. */
interface Container {
  readonly kind: Element['kind'];
  /** The start of each requested part. */
  readonly starts: readonly number[];
  /** The end of each requested part. */
  readonly ends: readonly number[];
  /** The end of the list or dict; undefined when it has more parts than requested. */
  readonly end: number | undefined;
}

/** Finds up to `most` parts of the value at `at`, which has been checked to be well-formed. */
type Open = (bytes: Uint8Array, at: number, most: number) => Container;

/** The depth of the elements of Args and Kwargs: they are nested in these, and those in the message. */
const DEPTH = 2;

const OTHER: Container = { kind: 'other', starts: [], ends: [], end: undefined };
const ABSENT: Container = { ...OTHER, end: 0 };

function openJson(bytes: Uint8Array, at: number, most: number): Container {
  const first = bytes[at];
  if (first !== LIST_START && first !== DICT_START) return OTHER;
  const [kind, last] = first === LIST_START ? (['list', LIST_END] as const) : (['dict', DICT_END] as const);
  const starts: number[] = [];
  const ends: number[] = [];
  let next = skipBlanks(bytes, at + 1);
  while (bytes[next] !== last) {
    if (starts.length === most) return { kind, starts, ends, end: undefined };
    starts.push(next);
    next = skipJson(bytes, next, DEPTH);
    ends.push(next);
    // A comma, or a colon.
    next = skipBlanks(bytes, next);
    if (bytes[next] !== last) next = skipBlanks(bytes, next + 1);
  }
  return { kind, starts, ends, end: next + 1 };
}

function openMsgpack(bytes: Uint8Array, at: number, most: number): Container {
  const byte = bytes[at] ?? 0;
  const kind = msgpack.KIND[byte] === msgpack.LIST ? 'list' : 'dict';
  if (kind === 'dict' && msgpack.KIND[byte] !== msgpack.DICT) return OTHER;
  const count = msgpack.lengthOf(bytes, byte, at) * (kind === 'dict' ? 2 : 1);
  return openCounted(bytes, msgpack.contentOf(byte, at), { kind, count, most, skip: msgpack.skipValue });
}

function openCbor(bytes: Uint8Array, tagged: number, most: number): Container {
  let at = tagged;
  while ((bytes[at] ?? 0) >> 5 === cbor.TAG) at = cbor.contentOf(bytes[at] ?? 0, at);
  const byte = bytes[at] ?? 0;
  const kind = byte >> 5 === cbor.LIST ? 'list' : 'dict';
  if (kind === 'dict' && byte >> 5 !== cbor.DICT) return OTHER;
  const isOpen = (byte & cbor.OPEN) === cbor.OPEN;
  const count = isOpen ? Infinity : cbor.argumentOf(bytes, byte, at) * (kind === 'dict' ? 2 : 1);
  return openCounted(bytes, cbor.contentOf(byte, at), { kind, count, most, skip: cbor.skipValue });
}

interface Counted {
  readonly kind: Element['kind'];
  /** The number of parts; Infinity when a break ends them. */
  readonly count: number;
  readonly most: number;
  readonly skip: (bytes: Uint8Array, at: number, depth: number) => number;
}

function openCounted(bytes: Uint8Array, content: number, { kind, count, most, skip }: Counted): Container {
  const starts: number[] = [];
  const ends: number[] = [];
  let next = content;
  while (starts.length < count && (count < Infinity || bytes[next] !== cbor.BREAK)) {
    if (starts.length === most) return { kind, starts, ends, end: undefined };
    starts.push(next);
    next = skip(bytes, next, DEPTH);
    ends.push(next);
  }
  return { kind, starts, ends, end: count < Infinity ? next : next + 1 };
}

const OPEN: Partial<Record<string, Open>> = { json: openJson, msgpack: openMsgpack, cbor: openCbor };

/**
 * The elements of a payload whose bytes `serializer` has checked.
 * @param most the maximum number of elements of Args, and of entries of Kwargs, to return
 * @returns undefined for an unknown serializer
 */
export function elementsOf(
  serializer: PayloadCodec,
  bytes: Uint8Array,
  count: PayloadCount,
  most: number,
): Elements | undefined {
  const open = OPEN[serializer.name];
  if (open === undefined) return undefined;
  const args = count === 0 ? ABSENT : open(bytes, 0, most);
  const dict =
    count < 2 || args.end === undefined
      ? ABSENT
      : open(bytes, startOfKwargs(bytes, args.end, serializer), 2 * most);
  const at = (index: number, of: Container): Element => elementAt(serializer, open, bytes, of, index);
  const kwargs = new Map<string, Element>();
  for (let index = 0; index + 1 < dict.starts.length; index += 2) {
    kwargs.set(keyOf(serializer, at(index, dict)), at(index + 1, dict));
  }
  return {
    args: args.starts.map((_, index) => at(index, args)),
    kwargs,
    isComplete: args.end !== undefined && dict.end !== undefined,
  };
}

/** The text of a key. In JSON, only values can be binary (BIN-2): a key that begins with U+0000 is taken literally. */
function keyOf({ name }: PayloadCodec, key: Element): string {
  const { bytes } = key;
  return name === 'json' ? (JSON.parse(readText(bytes, 0, bytes.length)) as string) : String(key.value());
}

/** In JSON, Args and Kwargs are separated by a comma. */
function startOfKwargs(bytes: Uint8Array, end: number, { name }: PayloadCodec): number {
  if (name !== 'json') return end;
  const comma = skipBlanks(bytes, end);
  return bytes[comma] === COMMA ? skipBlanks(bytes, comma + 1) : comma;
}

function elementAt(
  serializer: PayloadCodec,
  open: Open,
  bytes: Uint8Array,
  { starts, ends }: Container,
  index: number,
): Element {
  const [start = 0, end = 0] = [starts[index], ends[index]];
  const { kind, end: isComplete } = open(bytes, start, 0);
  const view = bytes.subarray(start, end);
  return {
    kind,
    isEmpty: isComplete !== undefined,
    bytes: view,
    // `decodePayload` accepts any single value as its first element.
    value: () => serializer.decodePayload(view, 1).args,
  };
}

/** The bytes of an empty list. */
const EMPTY_LIST: Partial<Record<string, Uint8Array>> = {
  json: Uint8Array.of(LIST_START, LIST_END),
  msgpack: Uint8Array.of(0x90),
  cbor: Uint8Array.of(0x80),
};

/** Checks that a dict can be Kwargs: its keys have to be strings, as they always are in JSON. */
const KWARGS: Partial<Record<string, (bytes: Uint8Array, at: number) => number>> = {
  msgpack: msgpack.skipKwargs,
  cbor: cbor.skipKwargs,
};

/**
 * Joins a list and a dict into the bytes of a payload, in new memory. Empty ones are omitted, as in messages. `count` is the
 * number of elements that are left.
 * @throws ProtocolViolation for a dict whose keys are not strings
 */
export function joinElements(
  serializer: PayloadCodec,
  args: Element | undefined,
  kwargs: Element | undefined,
): { readonly bytes: Uint8Array; readonly count: PayloadCount } {
  const hasKwargs = kwargs !== undefined && !kwargs.isEmpty;
  if (!hasKwargs && (args === undefined || args.isEmpty)) return { bytes: new Uint8Array(0), count: 0 };
  const list = args?.bytes ?? EMPTY_LIST[serializer.name] ?? new Uint8Array(0);
  if (!hasKwargs) return { bytes: new Uint8Array(list), count: 1 };
  KWARGS[serializer.name]?.(kwargs.bytes, 0);
  const between = serializer.name === 'json' ? 1 : 0;
  const bytes = new Uint8Array(list.length + between + kwargs.bytes.length).fill(COMMA);
  bytes.set(list);
  bytes.set(kwargs.bytes, list.length + between);
  return { bytes, count: 2 };
}
