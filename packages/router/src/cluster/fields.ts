/** The fields of an entry as MessagePack: a list, most of whose elements are numbers, short texts and booleans. */
import { NO_ENTRIES } from '@wamp/protocol';
import { msgpack } from '@wamp/protocol/msgpack';

/** The size of the memory, unless an entry is larger (bytes). */
const USUAL = 64 * 1024;
/** The maximum length that the first byte of a list can express, and that of a text. */
const FEW_ELEMENTS = 15;
const SHORT_TEXT = 31;
/** The maximum length of a number (bytes). */
const MOST_WRITTEN = 9;

/** Memory in which entries are encoded, one after the other. */
export class EntryMemory {
  bytes: Buffer = Buffer.allocUnsafeSlow(USUAL);
  /** How many bytes of the entry have been written. */
  at = 0;

  /** Begins an entry, which overwrites the last one. @param head how many bytes are left out at its beginning */
  begin(head: number): void {
    if (this.bytes.length > USUAL) this.bytes = Buffer.allocUnsafeSlow(USUAL);
    this.at = head;
  }

  put(source: Uint8Array): void {
    this.#reserve(source.length);
    this.bytes.set(source, this.at);
    this.at += source.length;
  }

  /** @throws SerializationFailure for a field that cannot be written */
  putFields(fields: readonly unknown[]): void {
    if (fields.length > FEW_ELEMENTS) {
      this.put(msgpack.encodePayload(fields, {}, 1));
      return;
    }
    this.#reserve(1 + fields.length * MOST_WRITTEN);
    this.bytes[this.at++] = 0x90 + fields.length;
    for (const field of fields) this.#putField(field);
  }

  #putField(field: unknown): void {
    if (typeof field === 'number' && field >= 0 && Number.isSafeInteger(field)) this.#putNumber(field);
    else if (field === NO_ENTRIES) this.#putByte(0x80);
    else if (field === null) this.#putByte(0xc0);
    else if (typeof field === 'boolean') this.#putByte(field ? 0xc3 : 0xc2);
    else if (typeof field !== 'string' || !this.#putShort(field)) this.#putOther(field);
  }

  #putByte(byte: number): void {
    this.#reserve(1);
    this.bytes[this.at++] = byte;
  }

  #putNumber(value: number): void {
    this.#reserve(MOST_WRITTEN);
    const { bytes, at } = this;
    if (value < 0x80) {
      bytes[at] = value;
      this.at = at + 1;
    } else if (value <= 0xffffffff) {
      bytes[at] = 0xce;
      this.at = bytes.writeUInt32BE(value, at + 1);
    } else {
      bytes[at] = 0xcf;
      bytes.writeUInt32BE(Math.floor(value / 0x100000000), at + 1);
      this.at = bytes.writeUInt32BE(value % 0x100000000, at + 5);
    }
  }

  /** @returns false, without a change, for a text that is long or not ASCII */
  #putShort(text: string): boolean {
    const { length } = text;
    if (length > SHORT_TEXT) return false;
    this.#reserve(1 + length);
    const { bytes, at } = this;
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      bytes[at + 1 + index] = unit;
    }
    bytes[at] = 0xa0 + length;
    this.at = at + 1 + length;
    return true;
  }

  #putOther(field: unknown): void {
    const list = msgpack.encodePayload([field], {}, 1);
    this.put(list.subarray(1));
  }

  #reserve(size: number): void {
    const needed = this.at + size;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }
}

/** Stands for a field that is left to the serializer. */
const OTHER = Symbol('other');

class FieldReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** The fields from `start` to `end`. */
  read(bytes: Buffer, start: number, end: number): readonly unknown[] {
    const count = (bytes[start] ?? 0) - 0x90;
    if (count < 0 || count > FEW_ELEMENTS) return decoded(bytes, start, end);
    this.#bytes = bytes;
    this.#at = start + 1;
    const fields = new Array<unknown>(count);
    for (let index = 0; index < count; index += 1) {
      const field = this.#field();
      if (field === OTHER) return decoded(bytes, start, end);
      fields[index] = field;
    }
    return fields;
  }

  #field(): unknown {
    const byte = this.#bytes[this.#at++] ?? 0;
    if (byte < 0x80) return byte;
    if (byte >= 0xa0 && byte <= 0xbf) return this.#text(byte - 0xa0);
    switch (byte) {
      case 0x80:
        return NO_ENTRIES;
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xce:
        return this.#word();
      case 0xcf:
        return this.#word() * 0x100000000 + this.#word();
      case 0xd9:
        return this.#text(this.#bytes[this.#at++] ?? 0);
      default:
        return OTHER;
    }
  }

  #word(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  #text(length: number): string {
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }
}

function decoded(bytes: Buffer, start: number, end: number): readonly unknown[] {
  return msgpack.decodePayload(bytes.subarray(start, end), 1).args ?? [];
}

const reader = new FieldReader();

/** The fields of an entry, from `start` to `end`. */
export function readFields(bytes: Buffer, start: number, end: number): readonly unknown[] {
  return reader.read(bytes, start, end);
}
