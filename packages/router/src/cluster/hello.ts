/** The body of HELLO, with which a node introduces itself; it must be the same in all versions of the wire protocol. */
import { isText, valueBytes, valueOf } from './keys.ts';
import { leaseIn } from './names.ts';
import type { WireVersions } from './wire.ts';

export interface Introduction extends WireVersions {
  readonly name: string;
  /** The lease of the sender (ms), if it has one. */
  readonly lease?: number | undefined;
}

export function helloBytes(introduction: Introduction): Uint8Array {
  return valueBytes(introduction);
}

/** Parses the body of HELLO. @returns undefined for bytes that no node has written */
export function helloIn(body: Uint8Array): Introduction | undefined {
  const { name, min, max, lease } = valueOf(body) ?? {};
  return isText(name) ? { name, min: Number(min), max: Number(max), lease: leaseIn(lease) } : undefined;
}
