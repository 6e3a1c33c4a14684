/** Serializer `json` for clients: small, because it uses the engine's own reader and writer. */
import { fromBrief, toBrief } from '../brief.ts';
import { ProtocolViolation } from '../errors.ts';
import type { Message } from '../message.ts';
import type { Args, Kwargs } from '../payload.ts';
import { MAX_DEPTH, type Serializer, type TextForm } from '../serializer.ts';
import { readFrequent } from './frequent-json.ts';
import { nestsDeeper, readJson, writeJson } from './plain-values.ts';

declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
// A byte order mark is a character like any other.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const text: TextForm = {
  encode: (message) => writeJson(toBrief(message)),
  decode: (frame) => readFrequent(frame) ?? fromBrief(read(frame)),
};

/**
 * WAMP over JSON, for clients: reads the messages of routers, and writes those of clients. A payload is decoded with its
 * message, because a client needs the values; all other programs use `json`.
 */
export const plainJson: Serializer = {
  name: 'json',
  subprotocol: 'wamp.2.json',
  rawSocketId: 1,
  binary: false,
  text,
  encode,
  write: (message, writer) => writer.put(encode(message)),
  decode: (frame) => text.decode(textIn(frame)),
  encodePayload(args, kwargs, count) {
    return encoder.encode(writeJson([args, kwargs].slice(0, count)).slice(1, -1));
  },
  decodePayload(bytes) {
    const [args, kwargs] = read(`[${textIn(bytes)}]`) as [Args?, Kwargs?];
    return { args, kwargs };
  },
};

function encode(message: Message): Uint8Array<ArrayBuffer> {
  return encoder.encode(text.encode(message));
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
function read(frame: string): readonly unknown[] {
  let list: unknown;
  try {
    list = readJson(frame);
  } catch {
    throw new ProtocolViolation('JSON: not well-formed');
  }
  // Each level takes two characters.
  if (!Array.isArray(list) || (frame.length > 2 * MAX_DEPTH && nestsDeeper(list, MAX_DEPTH)))
    throw new ProtocolViolation(`JSON: expected a list with at most ${MAX_DEPTH} levels`);
  return list;
}
