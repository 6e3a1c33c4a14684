/** Serializer `json`: `wamp.2.json`, with binary data in strings (spec: Binary conversion of JSON Strings). */
import { ProtocolViolation, SerializationFailure } from '../errors.ts';
import { MAX_ID } from '../ids.ts';
import { layoutOf, toElements, type Layout } from '../layout.ts';
import type { Message } from '../message.ts';
import { Payload, type Args, type Kwargs, type PayloadCount } from '../payload.ts';
import type { Serializer } from '../serializer.ts';
import { fromBase64, toBase64 } from './base64.ts';
import {
  COMMA,
  DICT_START,
  LIST_END,
  LIST_START,
  malformed,
  skipBlanks,
  skipValue,
  ZERO,
} from './json-skip.ts';
import { outgoing, type Dialect } from './values.ts';

declare const TextEncoder: new () => {
  encode(text: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { readonly read: number };
};
declare const TextDecoder: new (
  label: string,
  options: { readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const EMPTY = new Uint8Array(0);

/** WAMP over JSON: subprotocol `wamp.2.json`, RawSocket serializer 1. */
export const json: Serializer = {
  name: 'json',
  subprotocol: 'wamp.2.json',
  rawSocketId: 1,
  binary: false,
  encode,
  decode,
  encodePayload,
  decodePayload,
};

function encode(message: Message): Uint8Array<ArrayBuffer> {
  const envelope = stringify(toElements(message), 0);
  if (!('payload' in message) || message.payload.count === 0) return encodeText(envelope);
  return join(`${envelope.slice(0, -1)},`, message.payload.as(json));
}

/** The list that starts with `head` and ends with `payload`. */
function join(head: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(head.length + payload.length + 1);
  // Nearly every envelope is ASCII; one that is not leaves some of it unread.
  if (encoder.encodeInto(head, frame.subarray(0, head.length)).read < head.length) {
    return joinBytes(encoder.encode(head), payload);
  }
  return close(frame, head.length, payload);
}

function joinBytes(head: Uint8Array, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(head.length + payload.length + 1);
  frame.set(head);
  return close(frame, head.length, payload);
}

function close(frame: Uint8Array<ArrayBuffer>, at: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  frame.set(payload, at);
  frame[frame.length - 1] = LIST_END;
  return frame;
}

function encodeText(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  return encoder.encodeInto(text, bytes).read < text.length ? encoder.encode(text) : bytes;
}

function encodePayload(args: Args, kwargs: Kwargs, count: PayloadCount): Uint8Array<ArrayBuffer> {
  if (count === 0) return EMPTY;
  const text = stringify(args, 1);
  return encodeText(count === 1 ? text : `${text},${stringify(kwargs, 1)}`);
}

function stringify(value: unknown, depth: number): string {
  try {
    return JSON.stringify(outgoing(value, dialect, depth));
  } catch (error) {
    if (error instanceof SerializationFailure) throw error;
    throw new SerializationFailure('JSON: no form for this value', { cause: error });
  }
}

const dialect: Dialect = {
  text: (value) => {
    if (value.charCodeAt(0) !== 0) return value;
    throw new SerializationFailure('JSON: a string that starts with U+0000 would be read as binary data');
  },
  number: (value) => {
    if (Number.isFinite(value)) return value;
    throw new SerializationFailure(`JSON: no form for ${value}`);
  },
  bigint: (value) => {
    if (value >= -MAX_ID && value <= MAX_ID) return Number(value);
    throw new SerializationFailure('JSON: no exact form for an integer beyond 2^53');
  },
  bytes: (value) => `\0${toBase64(value)}`,
  date: (value) => {
    if (!Number.isNaN(value.getTime())) return value.toJSON();
    throw new SerializationFailure('JSON: no form for an invalid Date');
  },
  key: () => undefined,
};

function decode(frame: Uint8Array): Message {
  const start = skipBlanks(frame, 0);
  if (frame[start] !== LIST_START) throw malformed(frame, start);
  const first = skipBlanks(frame, start + 1);
  let end = skipValue(frame, first, 1);
  const layout = layoutOf(readType(frame, first, end));
  let count = 1;
  for (let next = nextElement(frame, end); next !== -1 && count < layout.most; next = nextElement(frame, end)) {
    end = skipValue(frame, next, 1);
    count += 1;
  }
  if (count < layout.least) throw new ProtocolViolation(`${layout.name}: ${count} elements are too few`);
  const payload = readPayload(layout, frame, end);
  return layout.read(parse(`${decoder.decode(frame.subarray(start, end))}]`) as unknown[], payload);
}

/** Where the element after the one that ends at `at` starts; -1 when the list ends there. */
function nextElement(frame: Uint8Array, at: number): number {
  const next = skipBlanks(frame, at);
  if (frame[next] === COMMA) return skipBlanks(frame, next + 1);
  if (frame[next] !== LIST_END) throw malformed(frame, next);
  const end = skipBlanks(frame, next + 1);
  if (end < frame.length) throw malformed(frame, end);
  return -1;
}

/** Two digits are all that a type has, bar one. */
function readType(frame: Uint8Array, at: number, end: number): unknown {
  const tens = (frame[at] ?? 0) - ZERO;
  const ones = (frame[at + 1] ?? 0) - ZERO;
  if (end - at === 2 && tens > 0 && tens < 10) return 10 * tens + ones;
  return parse(decoder.decode(frame.subarray(at, end)));
}

/** Args and Kwargs, should any follow the envelope that ends at `end`. */
function readPayload(layout: Layout, frame: Uint8Array, end: number): Payload {
  const args = nextElement(frame, end);
  if (args === -1) return Payload.none;
  if (!layout.payload) throw new ProtocolViolation(`${layout.name}: too many elements`);
  if (frame[args] !== LIST_START) throw new ProtocolViolation(`${layout.name}.Args: expected a list`);
  const argsEnd = skipValue(frame, args, 1);
  const kwargs = nextElement(frame, argsEnd);
  if (kwargs === -1) return Payload.encoded(json, frame.subarray(args, argsEnd), 1);
  if (frame[kwargs] !== DICT_START) throw new ProtocolViolation(`${layout.name}.Kwargs: expected a dict`);
  const kwargsEnd = skipValue(frame, kwargs, 1);
  if (nextElement(frame, kwargsEnd) !== -1) throw new ProtocolViolation(`${layout.name}: too many elements`);
  return Payload.encoded(json, frame.subarray(args, kwargsEnd), 2);
}

function decodePayload(bytes: Uint8Array, count: PayloadCount): { args: Args | undefined; kwargs: Kwargs | undefined } {
  if (count === 0) return { args: undefined, kwargs: undefined };
  // `decode` has seen that the first is a list and the second a dict.
  const [args, kwargs] = parse(`[${decoder.decode(bytes)}]`) as [Args, Kwargs | undefined];
  return { args, kwargs };
}

function parse(text: string): unknown {
  return text.includes('\\u0000') ? JSON.parse(text, revive) : JSON.parse(text);
}

/** Binary data is a string of U+0000 and base64 (BIN-2); any other string is itself. */
function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value.charCodeAt(0) !== 0) return value;
  return fromBase64(value.slice(1)) ?? value;
}
