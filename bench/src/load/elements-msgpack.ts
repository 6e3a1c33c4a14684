/** The elements of a MessagePack message. */
import type { Serializer } from '@wamp/protocol';
import { msgpack } from '@wamp/protocol/msgpack';
import type { Elements } from './elements.ts';

/** Bytes behind the first one, for those first bytes that announce a fixed number of them. */
const FIXED = new Map([
  [0xc0, 0], [0xc2, 0], [0xc3, 0], [0xca, 4], [0xcb, 8],
  [0xcc, 1], [0xcd, 2], [0xce, 4], [0xcf, 8], [0xd0, 1], [0xd1, 2], [0xd2, 4], [0xd3, 8],
  [0xd4, 2], [0xd5, 3], [0xd6, 5], [0xd7, 9], [0xd8, 17],
]); // prettier-ignore
/** First byte, size of the length behind it, and what stands behind that. */
const SIZED = new Map<number, readonly [size: 1 | 2 | 4, holds: 'bytes' | 'extension' | 'elements' | 'pairs']>([
  [0xc4, [1, 'bytes']], [0xc5, [2, 'bytes']], [0xc6, [4, 'bytes']],
  [0xc7, [1, 'extension']], [0xc8, [2, 'extension']], [0xc9, [4, 'extension']],
  [0xd9, [1, 'bytes']], [0xda, [2, 'bytes']], [0xdb, [4, 'bytes']],
  [0xdc, [2, 'elements']], [0xdd, [4, 'elements']],
  [0xde, [2, 'pairs']], [0xdf, [4, 'pairs']],
]); // prettier-ignore

export class MsgpackElements implements Elements {
  readonly serializer: Serializer = msgpack;
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
    const first = this.#bytes[this.at] ?? 0;
    if ((first & 0xf0) === 0x90) this.at += 1;
    else if (first === 0xdc) this.at += 3;
    else if (first === 0xdd) this.at += 5;
    else return false;
    return true;
  }

  uint(): number {
    const first = this.#bytes[this.at] ?? 0;
    this.at += 1;
    if (first < 0x80) return first;
    switch (first) {
      case 0xcc:
        return this.#number(1);
      case 0xcd:
        return this.#number(2);
      case 0xce:
        return this.#number(4);
      case 0xcf:
        return this.#number(4) * 2 ** 32 + this.#number(4);
      default:
        this.at -= 1;
        this.skip();
        return NaN;
    }
  }

  skip(): number {
    const start = this.at;
    let left = 1;
    while (left > 0 && this.at < this.#end) left += this.#step() - 1;
    return start;
  }

  text(length: number): number {
    const first = this.#bytes[this.at] ?? 0;
    this.at += 1;
    const found =
      (first & 0xe0) === 0xa0
        ? first & 0x1f
        : first >= 0xd9 && first <= 0xdb
          ? this.#number((1 << (first - 0xd9)) as 1 | 2 | 4)
          : -1;
    if (found !== length || this.at + length > this.#end) return -1;
    const start = this.at;
    this.at += length;
    return start;
  }

  idWidth(id: number): number {
    return id < 0x80 ? 1 : id < 0x100 ? 2 : id < 0x10000 ? 3 : id < 2 ** 32 ? 5 : 9;
  }

  leastId(width: number): number {
    return width === 1 ? 1 : width === 2 ? 0x80 : 2 ** (8 * ((width - 1) / 2));
  }

  secondElement(_type: number): number {
    return 2;
  }

  writeId(into: Buffer, at: number, id: number, width: number, mask: number): void {
    let rest = id;
    for (let index = at + width - 1; index >= at; index -= 1) {
      into[index] = (rest % 256) ^ mask;
      rest = Math.floor(rest / 256);
    }
    // Sizes 1, 2, 4 and 8 bytes are announced by 0xcc … 0xcf.
    if (width > 1) into[at] = (0xcc + Math.log2(width - 1)) ^ mask;
  }

  #number(size: 1 | 2 | 4): number {
    let value = 0;
    for (const end = this.at + size; this.at < end; this.at += 1) {
      value = value * 256 + (this.#bytes[this.at] ?? 0);
    }
    return value;
  }

  /** Goes past a first byte and its own data. @returns how many elements it holds */
  #step(): number {
    const first = this.#bytes[this.at] ?? 0;
    this.at += 1;
    if (first < 0x80 || first >= 0xe0) return 0;
    if (first < 0x90) return 2 * (first & 0x0f);
    if (first < 0xa0) return first & 0x0f;
    if (first < 0xc0) {
      this.at += first & 0x1f;
      return 0;
    }
    const sized = SIZED.get(first);
    if (sized === undefined) {
      this.at += FIXED.get(first) ?? this.#end;
      return 0;
    }
    const [size, holds] = sized;
    const length = this.#number(size);
    if (holds === 'elements') return length;
    if (holds === 'pairs') return 2 * length;
    this.at += length + (holds === 'extension' ? 1 : 0);
    return 0;
  }
}
