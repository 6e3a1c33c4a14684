/** Reads values of MessagePack that the scanner has checked. */
import { NO_ENTRIES } from '../fields.ts';
import { joinWords, narrowed, readFloat32, readFloat64, readUnsigned, setKey } from './binary.ts';
import {
  BYTES,
  contentOf,
  DICT,
  EXTENSION,
  isUndefined,
  KIND,
  LIST,
  lengthOf,
  TEXT,
} from './msgpack-skip.ts';
import type { ReadText } from './text.ts';

/** Reads consecutive values. */
export class MsgpackReader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #readText: ReadText;

  /**
   * @param bytes values that {@link skipValue} has checked; the first starts at `at`
   * @param text reads strings
   */
  constructor(bytes: Uint8Array, at: number, text: ReadText) {
    this.#bytes = bytes;
    this.#at = at;
    this.#readText = text;
  }

  /** The next value of an envelope: all empty dicts are {@link NO_ENTRIES}. */
  readElement(): unknown {
    if (this.#bytes[this.#at] !== 0x80) return this.read();
    this.#at += 1;
    return NO_ENTRIES;
  }

  /** The next value. Binary data is a copy. */
  read(): unknown {
    const at = this.#at;
    const byte = this.#bytes[at] ?? 0;
    this.#at = contentOf(byte, at);
    switch (KIND[byte]) {
      case TEXT:
        return this.#text(lengthOf(this.#bytes, byte, at));
      case BYTES:
        return this.#binary(lengthOf(this.#bytes, byte, at));
      case LIST:
        return this.#list(lengthOf(this.#bytes, byte, at));
      case DICT:
        return this.#dict(lengthOf(this.#bytes, byte, at));
      case EXTENSION:
        return this.#extension(lengthOf(this.#bytes, byte, at));
      default:
        return byte < 0x80 ? byte : byte >= 0xe0 ? byte - 0x100 : scalar(this.#bytes, byte, at + 1);
    }
  }

  #text(length: number): string {
    const start = this.#at;
    this.#at += length;
    return this.#readText(this.#bytes, start, this.#at);
  }

  #binary(length: number): Uint8Array {
    const start = this.#at;
    this.#at += length;
    return new Uint8Array(this.#bytes.subarray(start, this.#at));
  }

  #list(count: number): unknown[] {
    const list = new Array<unknown>(count);
    for (let index = 0; index < count; index += 1) list[index] = this.read();
    return list;
  }

  #dict(count: number): Record<string, unknown> {
    const dict: Record<string, unknown> = {};
    for (let index = 0; index < count; index += 1) setKey(dict, String(this.read()), this.read());
    return dict;
  }

  #extension(length: number): Date | null {
    if (!isUndefined(this.#bytes, this.#at, length)) return this.#timestamp(length);
    this.#at += 1 + length;
    return null;
  }

  /** A timestamp: seconds since 1970, and nanoseconds in the two longer forms. */
  #timestamp(length: number): Date {
    const start = this.#at + 1;
    this.#at = start + length;
    const first = readUnsigned(this.#bytes, start, 4);
    if (length === 4) return new Date(first * 1000);
    const nanoseconds = length === 8 ? Math.floor(first / 4) : first;
    const seconds =
      length === 8
        ? (first % 4) * 0x100000000 + readUnsigned(this.#bytes, start + 4, 4)
        : signed64(this.#bytes, start + 4);
    return new Date(Number(seconds) * 1000 + Math.floor(nanoseconds / 1_000_000));
  }
}

function scalar(bytes: Uint8Array, byte: number, at: number): unknown {
  switch (byte) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xca:
      return readFloat32(bytes, at);
    case 0xcb:
      return readFloat64(bytes, at);
    case 0xcf:
      return joinWords(readUnsigned(bytes, at, 4), readUnsigned(bytes, at + 4, 4));
    case 0xd0:
      return (readUnsigned(bytes, at, 1) << 24) >> 24;
    case 0xd1:
      return (readUnsigned(bytes, at, 2) << 16) >> 16;
    case 0xd2:
      return readUnsigned(bytes, at, 4) | 0;
    case 0xd3:
      return signed64(bytes, at);
    default:
      return readUnsigned(bytes, at, 1 << (byte - 0xcc));
  }
}

function signed64(bytes: Uint8Array, at: number): number | bigint {
  const high = readUnsigned(bytes, at, 4);
  const low = readUnsigned(bytes, at + 4, 4);
  if (high < 0x80000000) return joinWords(high, low);
  return narrowed(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
}
