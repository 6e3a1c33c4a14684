/** Reads MessagePack that the scanner has checked, into a sink. */
import { ProtocolViolation } from '../errors.ts';
import { readFloat32, readFloat64, readUnsigned } from '../serializers/binary.ts';
import {
  BYTES,
  contentOf,
  DICT,
  EXTENSION,
  isUndefined,
  KIND,
  lengthOf,
  LIST,
  TEXT,
} from '../serializers/msgpack-skip.ts';
import { clipped } from './dates.ts';
import type { Sink } from './sink.ts';

export class MsgpackSource {
  readonly #bytes: Uint8Array;
  readonly #sink: Sink;
  #at = 0;

  constructor(bytes: Uint8Array, sink: Sink) {
    this.#bytes = bytes;
    this.#sink = sink;
  }

  /** Writes the next value. @throws SerializationFailure */
  next(): void {
    const at = this.#at;
    const bytes = this.#bytes;
    if (at >= bytes.length) throw new ProtocolViolation(`MessagePack: unexpected end at byte ${at}`);
    const byte = bytes[at] ?? 0;
    const content = contentOf(byte, at);
    this.#at = content;
    switch (KIND[byte]) {
      case TEXT:
        this.#at += lengthOf(bytes, byte, at);
        this.#sink.text(bytes, content, this.#at);
        break;
      case BYTES:
        this.#at += lengthOf(bytes, byte, at);
        this.#sink.binary(bytes, content, this.#at);
        break;
      case LIST:
        this.#list(lengthOf(bytes, byte, at));
        break;
      case DICT:
        this.#dict(lengthOf(bytes, byte, at));
        break;
      case EXTENSION:
        this.#extension(lengthOf(bytes, byte, at));
        break;
      default:
        this.#scalar(byte, at + 1);
    }
  }

  #list(count: number): void {
    const sink = this.#sink;
    const start = sink.at;
    sink.openList(count);
    const content = sink.at;
    for (let index = 0; index < count; index += 1) this.next();
    sink.closeList(start, content, count, count);
  }

  #dict(count: number): void {
    const sink = this.#sink;
    const start = sink.at;
    const first = sink.firstKey;
    sink.openDict(count);
    const content = sink.at;
    for (let index = 0; index < count; index += 1) {
      this.#key();
      this.next();
    }
    sink.closeDict(start, content, count, count, first);
  }

  /** A string, or an integer. */
  #key(): void {
    const at = this.#at;
    const bytes = this.#bytes;
    const byte = bytes[at] ?? 0;
    const content = contentOf(byte, at);
    this.#at = content;
    if (KIND[byte] === TEXT) {
      this.#at += lengthOf(bytes, byte, at);
      this.#sink.key(bytes, content, this.#at);
    } else this.#integer(byte, at + 1, true);
  }

  #scalar(byte: number, at: number): void {
    const sink = this.#sink;
    switch (byte) {
      case 0xc0:
        sink.nil();
        break;
      case 0xc2:
      case 0xc3:
        sink.bool(byte === 0xc3);
        break;
      case 0xca:
        sink.number(readFloat32(this.#bytes, at));
        break;
      case 0xcb:
        sink.number(readFloat64(this.#bytes, at));
        break;
      default:
        this.#integer(byte, at, false);
    }
  }

  #integer(byte: number, at: number, isKey: boolean): void {
    const bytes = this.#bytes;
    if (byte < 0x80) this.#unsigned(0, byte, isKey);
    else if (byte >= 0xe0) this.#negative(0, 0xff - byte, isKey);
    else if (byte < 0xcf) this.#unsigned(0, readUnsigned(bytes, at, 1 << (byte - 0xcc)), isKey);
    else if (byte === 0xcf) this.#unsigned(readUnsigned(bytes, at, 4), readUnsigned(bytes, at + 4, 4), isKey);
    else if (byte === 0xd3)
      this.#signed(readUnsigned(bytes, at, 4) | 0, readUnsigned(bytes, at + 4, 4), isKey);
    else {
      const unused = 32 - (8 << (byte - 0xd0));
      const value = (readUnsigned(bytes, at, 1 << (byte - 0xd0)) << unused) >> unused;
      this.#signed(value >> 31, value >>> 0, isKey);
    }
  }

  #signed(high: number, low: number, isKey: boolean): void {
    if (high < 0) this.#negative(~high, ~low >>> 0, isKey);
    else this.#unsigned(high, low, isKey);
  }

  #unsigned(high: number, low: number, isKey: boolean): void {
    if (isKey) this.#sink.unsignedKey(high, low);
    else this.#sink.unsigned(high, low);
  }

  #negative(high: number, low: number, isKey: boolean): void {
    if (isKey) this.#sink.negativeKey(high, low);
    else this.#sink.negative(high, low);
  }

  #extension(length: number): void {
    const at = this.#at;
    this.#at = at + 1 + length;
    if (isUndefined(this.#bytes, at, length)) this.#sink.nil();
    else this.#timestamp(at + 1, length);
  }

  /** A timestamp: seconds since 1970, and nanoseconds in the two longer forms. */
  #timestamp(at: number, length: number): void {
    const bytes = this.#bytes;
    const first = readUnsigned(bytes, at, 4);
    if (length === 4) this.#sink.date(first * 1000);
    else {
      const isShort = length === 8;
      const high = isShort ? first % 4 : readUnsigned(bytes, at + 4, 4) | 0;
      const seconds = high * 0x100000000 + readUnsigned(bytes, isShort ? at + 4 : at + 8, 4);
      const nanoseconds = isShort ? Math.floor(first / 4) : first;
      this.#sink.date(clipped(seconds * 1000 + Math.floor(nanoseconds / 1_000_000)));
    }
  }
}
