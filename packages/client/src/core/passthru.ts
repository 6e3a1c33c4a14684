/** The interface of payloads that the router forwards without decoding (spec: Payload Passthru Mode). */
import type { Args, Kwargs, PassthruAttributes, Uri } from '@wamp/protocol';

/** A payload as the application sees it. */
export interface Plain {
  readonly args: Args;
  readonly kwargs: Kwargs;
}

/**
 * How to pack payloads so that the router forwards them without decoding: for option `passthru`. Made by `passthru`
 * of `@wamp/client/passthru`.
 */
export interface Passthru {
  /** `wamp`, `mqtt`, or a custom name that starts with `x_`. */
  readonly scheme: string;
  /** @param uri of the procedure or topic; an exception fails the request, or the procedure */
  pack(payload: Plain, uri: Uri): Packed | Promise<Packed>;
  /** An exception means that the payload cannot be read. */
  unpack(bytes: Uint8Array, attributes: PassthruAttributes, uri: Uri): Plain | Promise<Plain>;
}

/** One binary item, and the attributes that describe it. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly attributes: PassthruAttributes;
}

/** One or several: payloads are sent with the first, and received with the one of their scheme. */
export type PassthruOption = Passthru | readonly Passthru[] | undefined;

/** True if the attributes mark a payload in passthru mode (PPT-1). */
export function isPassthru({ ppt_scheme: scheme }: PassthruAttributes): boolean {
  return scheme !== undefined && scheme !== '';
}

/** The first of an option, which packs payloads. */
export function packerIn(option: PassthruOption): Passthru | undefined {
  return Array.isArray(option) ? (option as readonly Passthru[])[0] : (option as Passthru | undefined);
}
