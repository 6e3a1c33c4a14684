/** Serializer `json` for peers that read every payload: small, for it leaves the work to the engine. */
import { ProtocolViolation } from '../errors.ts';
import { fromList, toList } from '../layout.ts';
import type { Message } from '../message.ts';
import type { Args, Kwargs } from '../payload.ts';
import { MAX_DEPTH, type Serializer } from '../serializer.ts';
import { parse, stringify } from './json-values.ts';

declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
// A byte order mark is a character like any other.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * WAMP over JSON, as `json` speaks it. A payload is decoded with its message: that suits a client, which needs
 * the values anyway; a router, which only passes them on, had better have `json`.
 */
export const plainJson: Serializer = {
  name: 'json',
  subprotocol: 'wamp.2.json',
  rawSocketId: 1,
  binary: false,
  encode,
  write: (message, writer) => writer.put(encode(message)),
  decode: (frame) => fromList(read(textIn(frame))),
  encodePayload(args, kwargs, count) {
    const text = stringify([args, kwargs].slice(0, count), 0);
    return encoder.encode(text.slice(1, -1));
  },
  decodePayload(bytes) {
    const [args, kwargs] = read(`[${textIn(bytes)}]`) as [Args?, Kwargs?];
    return { args, kwargs };
  },
};

function encode(message: Message): Uint8Array<ArrayBuffer> {
  return encoder.encode(stringify(toList(message), 0));
}

/** @throws ProtocolViolation */
function textIn(frame: Uint8Array): string {
  try {
    return decoder.decode(frame);
  } catch {
    throw new ProtocolViolation('JSON: not UTF-8');
  }
}

/** @throws ProtocolViolation */
function read(text: string): readonly unknown[] {
  let list: unknown;
  try {
    list = parse(text);
  } catch {
    throw new ProtocolViolation('JSON: not well-formed');
  }
  if (!Array.isArray(list)) throw new ProtocolViolation('JSON: a message is a list');
  // Who opens that many, needs as many octets, and closes them with as many again.
  if (text.length > 2 * MAX_DEPTH && nestsDeeper(list, MAX_DEPTH)) {
    throw new ProtocolViolation(`JSON: nests deeper than ${MAX_DEPTH}`);
  }
  return list;
}

/** Whether more than `most` lists and dicts are open at a time. */
function nestsDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return most === 0 || Object.values(value).some((each) => nestsDeeper(each, most - 1));
}
