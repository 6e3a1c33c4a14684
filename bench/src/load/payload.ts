/** The payload of messages: the sender, a number, and a filling that is compared byte by byte. */
import { isDeepStrictEqual } from 'node:util';
import { Payload } from '@wamp/protocol';
import type { Elements } from './elements.ts';

export interface PayloadShape {
  /** Bytes of the text, or about that many of an object. */
  readonly size: number;
  readonly kind: 'text' | 'object';
}

/** A text begins with a header: the client in 4 hexadecimal digits, the sequence number in 8. */
const CLIENT_DIGITS = 4;
const HEADER_SIZE = 12;
/** Stands where the header will be. */
export const HEADER_MARK: string = '~'.repeat(HEADER_SIZE);
const FILLING = 'abcdefghijklmnopqrstuvwxyz012345';

const HEX_DIGITS = Buffer.from('0123456789abcdef');
/** The value of each digit; 16 for any other character, which makes a header invalid. */
const VALUES = new Uint8Array(256).fill(16);
for (const [value, digit] of HEX_DIGITS.entries()) VALUES[digit] = value;

/** The arguments of every message, with {@link HEADER_MARK} for a header. */
export function argsOf({ size, kind }: PayloadShape): readonly unknown[] {
  if (kind === 'object') return [HEADER_MARK, nested(size)];
  return [HEADER_MARK + FILLING.repeat(Math.ceil(size / FILLING.length)).slice(0, size - HEADER_SIZE)];
}

/** An object of about `size` bytes as an application would send it: records with texts, numbers, lists. */
function nested(size: number): Record<string, unknown> {
  const items: unknown[] = [];
  const object = {
    kind: 'order',
    customer: { id: 4711, name: 'Ada', tags: ['new', 'eu'] },
    paid: true,
    items,
  };
  for (let index = 0; JSON.stringify(object).length < size; index += 1) {
    items.push({
      sku: `item-${index}`,
      count: index + 1,
      price: 19.5 + index,
      note: null,
      size: { w: 3, h: 4 },
    });
  }
  return object;
}

/** Writes a header, each byte XORed with `mask`. */
export function writeHeader(into: Buffer, at: number, client: number, sequence: number, mask: number): void {
  let rest = sequence;
  for (let index = at + HEADER_SIZE - 1; index >= at + CLIENT_DIGITS; index -= 1) {
    into[index] = (HEX_DIGITS[rest & 15] ?? 0) ^ mask;
    rest >>>= 4;
  }
  rest = client;
  for (let index = at + CLIENT_DIGITS - 1; index >= at; index -= 1) {
    into[index] = (HEX_DIGITS[rest & 15] ?? 0) ^ mask;
    rest >>>= 4;
  }
}

/** Below this size a loop is faster than a call of `Buffer.compare`. */
const SHORT = 160;

/** Reads and checks the arguments of messages of one shape. */
export class PayloadCheck {
  /** Who sent the payload that {@link PayloadCheck.read} has read, and its number. */
  client = 0;
  sequence = 0;
  readonly #elements: Elements;
  readonly #shape: PayloadShape;
  readonly #textSize: number;
  /** What follows the header in the text. */
  readonly #filling: Buffer;
  /** The second argument as our serializer writes it; empty when there is none. */
  readonly #object: Buffer;

  constructor(elements: Elements, shape: PayloadShape) {
    const [text, object] = argsOf(shape) as [string, unknown?];
    this.#elements = elements;
    this.#shape = shape;
    this.#textSize = text.length;
    this.#filling = Buffer.from(text.slice(HEADER_SIZE));
    this.#object = object === undefined ? Buffer.alloc(0) : encoded(elements, object);
  }

  /** Reads the arguments that come next in the open message. @returns whether they are what was sent */
  read(bytes: Buffer): boolean {
    const elements = this.#elements;
    if (!elements.list()) return false;
    const start = elements.text(this.#textSize);
    if (start < 0 || !this.#readHeader(bytes, start)) return false;
    if (!equal(bytes, start + HEADER_SIZE, this.#filling)) return false;
    return this.#object.length === 0 || this.#readObject(bytes);
  }

  #readHeader(bytes: Buffer, start: number): boolean {
    let client = 0;
    let sequence = 0;
    let bad = 0;
    for (let index = start; index < start + CLIENT_DIGITS; index += 1) {
      const value = VALUES[bytes[index] ?? 0] ?? 16;
      bad |= value;
      client = (client << 4) | value;
    }
    for (let index = start + CLIENT_DIGITS; index < start + HEADER_SIZE; index += 1) {
      const value = VALUES[bytes[index] ?? 0] ?? 16;
      bad |= value;
      sequence = (sequence << 4) | value;
    }
    this.client = client;
    this.sequence = sequence >>> 0;
    return bad < 16;
  }

  /** A router may write an object anew, with other keys first; its value must be the same. */
  #readObject(bytes: Buffer): boolean {
    const start = this.#elements.skip();
    const size = this.#elements.at - start;
    if (size === this.#object.length && equal(bytes, start, this.#object)) return true;
    const { serializer } = this.#elements;
    const list = Buffer.concat([
      this.#listOfOne(),
      bytes.subarray(start, this.#elements.at),
      this.#endOfList(),
    ]);
    try {
      const { args } = serializer.decodePayload(list, 1);
      return isDeepStrictEqual(args?.[0], argsOf(this.#shape)[1]);
    } catch {
      return false;
    }
  }

  #listOfOne(): Buffer {
    const { name } = this.#elements.serializer;
    return name === 'json' ? Buffer.from('[') : Buffer.from([name === 'cbor' ? 0x81 : 0x91]);
  }

  #endOfList(): Buffer {
    return Buffer.from(this.#elements.serializer.binary ? '' : ']');
  }
}

/** A value's own bytes: those of a list that holds it, without the list. */
function encoded(elements: Elements, value: unknown): Buffer {
  const list = Buffer.from(Payload.of([value]).as(elements.serializer));
  elements.open(list, 0, list.length);
  const start = elements.skip();
  return list.subarray(start, elements.at);
}

function equal(bytes: Buffer, at: number, expected: Buffer): boolean {
  const { length } = expected;
  if (length >= SHORT) return bytes.compare(expected, 0, length, at, at + length) === 0;
  for (let index = 0; index < length; index += 1) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  return true;
}
