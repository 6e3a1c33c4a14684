/** A check of sixteen characters at once, in WebAssembly where the runtime has and allows it. */
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

/** The size of the first block, in bytes; each next one is four times as large. Small first blocks waste little copying. */
const FIRST = 2 * 1024;
const LARGEST = 64 * 1024;

/** Undefined without WebAssembly or its vectors, or when the content security policy of a page forbids it. */
function load(): Exports | undefined {
  try {
    if (typeof WebAssembly === 'undefined') return undefined;
    const module = new WebAssembly.Module(Uint8Array.from(BLOCKS_CODE));
    return new WebAssembly.Instance(module).exports as Exports;
  } catch {
    return undefined; // The scanner works without it, more slowly.
  }
}

const machine = load();
const memory = new Uint8Array(machine?.memory.buffer ?? new ArrayBuffer(0));

/** True when {@link skipPlainBlocks} is available. */
export const hasBlocks: boolean = machine !== undefined;

/**
 * Skips bytes from `at` that a JSON string may contain unescaped. @returns a position less than sixteen bytes before the
 * first other byte, or before the end
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
