/** Placeholders that fields have instead of undefined: an empty function, and an empty array of bytes. */

/** Does nothing. */
export function nothing(): void {
  return;
}

/** An empty array of bytes. */
export const NO_BYTES: Uint8Array<ArrayBuffer> = new Uint8Array(0);
