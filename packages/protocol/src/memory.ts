/** Memory for frames: where it comes from, and where it goes. */

export interface Memory {
  /** @returns exactly `size` bytes, whose content does not matter */
  take(size: number): Uint8Array<ArrayBuffer>;
  /** Takes back what `take` gave, once all that refers to it has been dealt with or handed on. */
  give(memory: Uint8Array<ArrayBuffer>): void;
}

/** Memory that is always new, and left to the garbage collector. */
export const newMemory: Memory = {
  take: (size) => new Uint8Array(size),
  give: () => undefined,
};
