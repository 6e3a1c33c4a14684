/** Nothing to do, and nothing to say: what stands in a field in place of undefined. */

/** In place of a function while there is nothing for it to do. */
export function nothing(): void {
  return;
}

/** In place of bytes while there are none. */
export const NO_BYTES: Uint8Array<ArrayBuffer> = new Uint8Array(0);
