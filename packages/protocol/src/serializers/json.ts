/** Serializer `json`: `wamp.2.json`. */
import { ProtocolViolation } from '../errors.ts';
import { compiledElements, compiledLayoutOf } from '../compiled.ts';
import { tooFew, tooMany, type Layout } from '../layout.ts';
import type { Message } from '../message.ts';
import { encodeText, encodeWith, type FrameWriter } from '../frame-writer.ts';
import { Payload, type Args, type Kwargs, type PayloadCount } from '../payload.ts';
import { HEAD_ELEMENTS, type Serializer } from '../serializer.ts';
import { ElementReader } from './json-elements.ts';
import {
  COMMA,
  DICT_START,
  LIST_END,
  LIST_START,
  malformed,
  skipBlanks,
  skipValue,
  SMALL_N,
} from './json-skip.ts';
import { parse, stringify, writeElement } from './json-values.ts';
import { readText } from './text.ts';

/** WAMP over JSON: subprotocol `wamp.2.json`, RawSocket serializer 1. */
export const json: Serializer = {
  name: 'json',
  subprotocol: 'wamp.2.json',
  rawSocketId: 1,
  binary: false,
  encode: (message) => encodeWith(write, message),
  write,
  decode,
  readHead,
  encodePayload,
  decodePayload,
};

function write(message: Message, writer: FrameWriter): void {
  const elements = compiledElements(message);
  writer.octet(LIST_START);
  for (let index = 0; index < elements.length; index += 1) {
    if (index > 0) writer.octet(COMMA);
    writeElement(writer, elements[index]);
  }
  if ('payload' in message && message.payload.count > 0) {
    writer.octet(COMMA);
    message.payload.write(json, writer);
  }
  writer.octet(LIST_END);
}

function encodePayload(args: Args, kwargs: Kwargs, count: PayloadCount): Uint8Array<ArrayBuffer> {
  if (count === 0) return new Uint8Array(0);
  const text = stringify(args, 1);
  return encodeText(count === 1 ? text : `${text},${stringify(kwargs, 1)}`);
}

const reader = new ElementReader();

function decode(frame: Uint8Array): Message {
  const start = skipBlanks(frame, 0);
  if (frame[start] !== LIST_START) throw malformed(frame, start);
  const type = reader.read(frame, skipBlanks(frame, start + 1));
  const layout = compiledLayoutOf(type);
  // As long as the longest envelope, because growing a list is slow.
  const elements: unknown[] = [type, undefined, undefined, undefined, undefined];
  let count = 1;
  let next = nextElement(frame, reader.end);
  while (next !== -1 && count < layout.most) {
    elements[count++] = reader.read(frame, next);
    next = nextElement(frame, reader.end);
  }
  if (count < layout.least) throw tooFew(layout, count);
  return layout.read(elements, readPayload(layout, frame, next));
}

function readHead(head: Uint8Array): readonly unknown[] {
  const elements: unknown[] = [];
  try {
    let at = skipBlanks(head, 0);
    if (head[at] !== LIST_START) return elements;
    while (elements.length < HEAD_ELEMENTS) {
      const element = reader.read(head, skipBlanks(head, at + 1));
      at = skipBlanks(head, reader.end);
      // Without a comma after it, a number may be incomplete.
      if (head[at] !== COMMA) return elements;
      elements.push(element);
    }
  } catch (error) {
    // The element is cut off or malformed.
    if (!(error instanceof ProtocolViolation)) throw error;
  }
  return elements;
}

/** The start of the element after the one that ends at `at`; -1 if that was the last. */
function nextElement(frame: Uint8Array, at: number): number {
  const next = skipBlanks(frame, at);
  if (frame[next] === COMMA) return skipBlanks(frame, next + 1);
  if (frame[next] !== LIST_END) throw malformed(frame, next);
  const end = skipBlanks(frame, next + 1);
  if (end < frame.length) throw malformed(frame, end);
  return -1;
}

/** Args and Kwargs. Args starts at `args`, which is -1 if there are none. */
function readPayload(layout: Layout, frame: Uint8Array, args: number): Payload {
  if (args === -1) return Payload.none;
  if (!layout.payload) throw tooMany(layout);
  if (frame[args] === SMALL_N) return readKwargsAlone(layout, frame, args);
  if (frame[args] !== LIST_START) throw new ProtocolViolation(`${layout.name}.Args: expected a list`);
  const argsEnd = skipValue(frame, args, 1);
  const kwargs = nextElement(frame, argsEnd);
  if (kwargs === -1) return Payload.encoded(json, frame, 1, args, argsEnd);
  const kwargsEnd = skipKwargs(layout, frame, kwargs);
  return frame[kwargs] === SMALL_N
    ? Payload.encoded(json, frame, 1, args, argsEnd)
    : Payload.encoded(json, frame, 2, args, kwargsEnd);
}

/** The end of Kwargs, the last element. */
function skipKwargs(layout: Layout, frame: Uint8Array, at: number): number {
  const byte = frame[at];
  if (byte !== DICT_START && byte !== SMALL_N)
    throw new ProtocolViolation(`${layout.name}.Kwargs: expected a dict`);
  const end = skipValue(frame, at, 1);
  if (nextElement(frame, end) !== -1) throw tooMany(layout);
  return end;
}

/** The payload after a null in the place of Args, which some peers send for absent Args. */
function readKwargsAlone(layout: Layout, frame: Uint8Array, args: number): Payload {
  const kwargs = nextElement(frame, skipValue(frame, args, 1));
  if (kwargs === -1) return Payload.none;
  const end = skipKwargs(layout, frame, kwargs);
  if (frame[kwargs] === SMALL_N) return Payload.none;
  return Payload.received([], parse(readText(frame, kwargs, end)) as Kwargs);
}

function decodePayload(
  bytes: Uint8Array,
  count: PayloadCount,
): { args: Args | undefined; kwargs: Kwargs | undefined } {
  if (count === 0) return { args: undefined, kwargs: undefined };
  // `decode` has checked that the first is a list and the second a dict.
  const [args, kwargs] = parse(`[${readText(bytes, 0, bytes.length)}]`) as [Args, Kwargs | undefined];
  return { args, kwargs };
}
