/** Removes the masks of WebSocket frames (RFC 6455 §5.3). */
import { createRequire } from 'node:module';

/** Removes a mask of four octets from `bytes`, in place. */
export type Unmask = (bytes: Uint8Array, mask: Uint8Array) => void;

/** The part of package `bufferutil` that is used here. */
interface BufferUtil {
  readonly unmask: Unmask;
}

/** From this length on (bytes), a call of native code is worthwhile. */
const LONG = 64;
/** From this length on (bytes), processing four octets at once is worthwhile. */
const LONG_WITHOUT_NATIVE = 256;

/** Octet by octet: the fastest way for short frames. */
export function unmaskShort(bytes: Uint8Array, mask: Uint8Array): void {
  const [a = 0, b = 0, c = 0, d = 0] = mask;
  const whole = bytes.length & ~3;
  let at = 0;
  for (; at < whole; at += 4) {
    bytes[at] = (bytes[at] ?? 0) ^ a;
    bytes[at + 1] = (bytes[at + 1] ?? 0) ^ b;
    bytes[at + 2] = (bytes[at + 2] ?? 0) ^ c;
    bytes[at + 3] = (bytes[at + 3] ?? 0) ^ d;
  }
  for (; at < bytes.length; at += 1) bytes[at] = (bytes[at] ?? 0) ^ (mask[at & 3] ?? 0);
}

/** Four octets at once, without native code. */
export function unmaskWords(bytes: Uint8Array, mask: Uint8Array): void {
  const ahead = (4 - (bytes.byteOffset & 3)) & 3;
  if (bytes.length < ahead + 4) {
    unmaskShort(bytes, mask);
    return;
  }
  unmaskShort(bytes.subarray(0, ahead), mask);
  const turned = Uint8Array.from(mask, (_octet, index) => mask[(index + ahead) & 3] ?? 0);
  const [key = 0] = new Int32Array(turned.buffer);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + ahead, (bytes.length - ahead) >> 2);
  for (let index = 0; index < words.length; index += 1) words[index] = (words[index] ?? 0) ^ key;
  unmaskShort(bytes.subarray(ahead + 4 * words.length), turned);
}

/** The native function of the optional package, if it is installed and has a build for this machine. */
function native(): Unmask | undefined {
  try {
    const { unmask } = createRequire(import.meta.url)('bufferutil') as BufferUtil;
    return unmask;
  } catch {
    return undefined; // It is optional: without it, large frames are slower.
  }
}

const nativeUnmask = native();
const unmaskLong = nativeUnmask ?? unmaskWords;
const long = nativeUnmask === undefined ? LONG_WITHOUT_NATIVE : LONG;

/** Removes a mask of four octets from `bytes`, in place. */
export const unmask: Unmask = (bytes, mask) => {
  if (bytes.length < long) unmaskShort(bytes, mask);
  else unmaskLong(bytes, mask);
};
