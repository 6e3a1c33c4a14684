/** Looking at sixteen characters at once, in WebAssembly, where the runtime has it and lets us. */

interface Exports {
  readonly m: { readonly buffer: ArrayBuffer };
  /** Where the first sixteen bytes start among which one is odd; `end`, a multiple of sixteen, when there are none. */
  readonly f: (end: number) => number;
}
declare const WebAssembly:
  | {
      readonly Module: new (code: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: object };
    }
  | undefined;

/** As the sections of a module stand in its binary form (WebAssembly Core 2.0, chapter 5). */
const CODE: readonly (readonly number[])[] = [
  [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // the magic, and version 1
  [0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f], // type 0: (i32) -> (i32)
  [0x03, 0x02, 0x01, 0x00], // function 0 is of type 0
  [0x05, 0x03, 0x01, 0x00, 0x01], // memory 0: one page
  [0x07, 0x09, 0x02, 0x01, 0x6d, 0x02, 0x00, 0x01, 0x66, 0x00, 0x00], // exports: memory m, function f
  [0x0a, 0x47, 0x01, 0x45], // code: one function, of $end
  [0x02, 0x01, 0x7f, 0x01, 0x7b], // locals: $at: i32, $v: v128
  [0x02, 0x40, 0x03, 0x40], // block, loop
  [0x20, 0x01, 0x20, 0x00, 0x4f, 0x0d, 0x01], // leave when $at >= $end
  [0x20, 0x01, 0xfd, 0x00, 0x04, 0x00, 0x22, 0x02], // $v = the sixteen bytes at $at
  [0x41, 0x20, 0xfd, 0x0f, 0xfd, 0x25], // bytes below U+0020, as signed ones, so those of no ASCII, too
  [0x20, 0x02, 0x41, 0x22, 0xfd, 0x0f, 0xfd, 0x23, 0xfd, 0x50], // or quotes
  [0x20, 0x02, 0x41, 0xdc, 0x00, 0xfd, 0x0f, 0xfd, 0x23, 0xfd, 0x50], // or backslashes
  [0xfd, 0x53, 0x0d, 0x01], // leave when there is any
  [0x20, 0x01, 0x41, 0x10, 0x6a, 0x21, 0x01, 0x0c, 0x00], // $at += 16, and again
  [0x0b, 0x0b, 0x20, 0x01, 0x0b], // the result: $at
];

/** The first block is of this size, and each next one four times the last (bytes): what is copied in vain is little. */
const FIRST = 2 * 1024;
const LARGEST = 64 * 1024;

/** Undefined where there is no WebAssembly, or none with vectors, or a page's policy forbids it. */
function load(): Exports | undefined {
  try {
    if (typeof WebAssembly === 'undefined') return undefined;
    const module = new WebAssembly.Module(Uint8Array.from(CODE.flat()));
    return new WebAssembly.Instance(module).exports as Exports;
  } catch {
    return undefined; // Everything works without, more slowly.
  }
}

const machine = load();
const memory = new Uint8Array(machine?.m.buffer ?? new ArrayBuffer(0));

/** Whether {@link skipPlainBlocks} gets anywhere. */
export const hasBlocks: boolean = machine !== undefined;

/**
 * How far the bytes from `at` on may stand in a JSON string as they are. What is left up to the first that may not is
 * less than sixteen bytes; so is what is left of bytes that all may.
 */
export function skipPlainBlocks(bytes: Uint8Array, at: number): number {
  if (machine === undefined) return at;
  let next = at;
  for (let size = FIRST; ; size = Math.min(4 * size, LARGEST)) {
    const length = Math.min(size, bytes.length - next) & ~15;
    if (length === 0) return next;
    memory.set(bytes.subarray(next, next + length));
    const plain = machine.f(length);
    next += plain;
    if (plain < length) return next;
  }
}
