/** The elements of a JSON message. */
import { json, type Serializer } from '@wamp/protocol';
import type { Elements } from './elements.ts';

const [QUOTE, COMMA, ZERO, BACKSLASH] = [0x22, 0x2c, 0x30, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_DICT, CLOSE_DICT] = [0x5b, 0x5d, 0x7b, 0x7d];
const LAST_SPACE = 0x20;

export class JsonElements implements Elements {
  readonly serializer: Serializer = json;
  at = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;

  open(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    this.at = start;
    this.list();
  }

  list(): boolean {
    if (this.#next() !== OPEN_LIST) return false;
    this.at += 1;
    return true;
  }

  uint(): number {
    this.#next();
    const bytes = this.#bytes;
    const start = this.at;
    let at = start;
    let value = 0;
    for (; at < this.#end; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.at = at;
    return at === start ? NaN : value;
  }

  skip(): number {
    const first = this.#next();
    const start = this.at;
    if (first === QUOTE) this.#skipText();
    else if (first === OPEN_DICT || first === OPEN_LIST) this.#skipNested();
    else this.#skipWord();
    return start;
  }

  text(length: number): number {
    if (this.#next() !== QUOTE) return -1;
    const start = this.at + 1;
    const end = start + length;
    if (end >= this.#end || this.#bytes[end] !== QUOTE) return -1;
    this.at = end + 1;
    return start;
  }

  idWidth(id: number): number {
    let width = 1;
    for (let limit = 10; id >= limit; limit *= 10) width += 1;
    return width;
  }

  leastId(width: number): number {
    return 10 ** (width - 1);
  }

  /** `[48,` */
  secondElement(type: number): number {
    return 2 + String(type).length;
  }

  writeId(into: Buffer, at: number, id: number, width: number, mask: number): void {
    let rest = id;
    for (let index = at + width - 1; index >= at; index -= 1) {
      const tenth = Math.floor(rest / 10);
      into[index] = (ZERO + (rest - tenth * 10)) ^ mask;
      rest = tenth;
    }
  }

  /** Goes past white space and the comma before an element. @returns the element's first byte */
  #next(): number {
    let byte = this.#bytes[this.at] ?? 0;
    while ((byte === COMMA || byte <= LAST_SPACE) && this.at < this.#end) {
      this.at += 1;
      byte = this.#bytes[this.at] ?? 0;
    }
    return byte;
  }

  #skipText(): void {
    const bytes = this.#bytes;
    let at = this.at + 1;
    for (; at < this.#end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) at += 1;
    }
    this.at = at + 1;
  }

  #skipNested(): void {
    let depth = 0;
    do {
      const byte = this.#bytes[this.at] ?? 0;
      if (byte === QUOTE) this.#skipText();
      else {
        if (byte === OPEN_DICT || byte === OPEN_LIST) depth += 1;
        else if (byte === CLOSE_DICT || byte === CLOSE_LIST) depth -= 1;
        this.at += 1;
      }
    } while (depth > 0 && this.at < this.#end);
  }

  #skipWord(): void {
    for (; this.at < this.#end; this.at += 1) {
      const byte = this.#bytes[this.at] ?? 0;
      if (byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_DICT) return;
    }
  }
}
