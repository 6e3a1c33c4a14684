/** Interface Memory: the allocator of the memory for frames. */

export interface Memory {
  /** @returns exactly `size` bytes with any content */
  take(size: number): Uint8Array<ArrayBuffer>;
  /** Takes back memory that `take` returned. The caller no longer uses it. */
  give(memory: Uint8Array<ArrayBuffer>): void;
}

/** Allocates new memory each time and leaves it to the garbage collector. */
export const newMemory: Memory = {
  take: (size) => new Uint8Array(size),
  give: () => undefined,
};
