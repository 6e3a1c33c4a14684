/** Looking at sixteen characters at once, in WebAssembly, where the runtime has it and lets us. */
import { BLOCKS_CODE } from './blocks-code.ts';

/** What blocks.wat exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly skipPlain: (end: number) => number;
}
declare const WebAssembly:
  | {
      readonly Module: new (code: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: object };
    }
  | undefined;

/** The first block is of this size, and each next one four times the last (bytes): what is copied in vain is little. */
const FIRST = 2 * 1024;
const LARGEST = 64 * 1024;

/** Undefined where there is no WebAssembly, or none with vectors, or a page's policy forbids it. */
function load(): Exports | undefined {
  try {
    if (typeof WebAssembly === 'undefined') return undefined;
    const module = new WebAssembly.Module(Uint8Array.from(BLOCKS_CODE));
    return new WebAssembly.Instance(module).exports as Exports;
  } catch {
    return undefined; // Everything works without, more slowly.
  }
}

const machine = load();
const memory = new Uint8Array(machine?.memory.buffer ?? new ArrayBuffer(0));

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
    const plain = machine.skipPlain(length);
    next += plain;
    if (plain < length) return next;
  }
}
