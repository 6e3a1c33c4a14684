/** Short ways to write frames down and to judge what becomes of them. */
import { expect } from 'vitest';
import { json, ProtocolViolation, type Message, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';

/** All three, for `describe.each`. */
export const serializers: readonly Serializer[] = [json, msgpack, cbor];

/** Bytes of hexadecimal digits, blanks ignored. */
export function hex(digits: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The message that some JSON text is. */
export function fromJson(text: string): Message {
  return json.decode(utf8(text));
}

/** Expects a ProtocolViolation, and nothing else, whose text matches. */
export function expectViolation(decode: () => unknown, what: RegExp | string = ''): void {
  let thrown: unknown;
  try {
    decode();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ProtocolViolation);
  expect(thrown).toHaveProperty(
    'message',
    what instanceof RegExp ? expect.stringMatching(what) : expect.stringContaining(what),
  );
}
