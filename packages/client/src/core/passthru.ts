/** Packs and unpacks payloads that the router forwards without decoding (spec: Payload Passthru Mode). */
import {
  ErrorUri,
  Payload,
  type Args,
  type Dict,
  type Kwargs,
  type PassthruAttributes,
  type Uri,
} from '@wamp/protocol';
import { WampError } from '../errors.ts';

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
  return [option].flat()[0];
}

/**
 * The passthru of an option for the scheme of the attributes. @throws WampError `wamp.error.feature_not_supported`
 */
export function unpackerIn(option: PassthruOption, { ppt_scheme: scheme }: PassthruAttributes): Passthru {
  const found = [option].flat().find((passthru) => passthru?.scheme === scheme);
  if (found !== undefined) return found;
  throw new WampError(ErrorUri.FEATURE_NOT_SUPPORTED, [`There is no passthru for scheme ${scheme ?? ''}.`]);
}

/** PPT-7: packs the payload into one binary item, and adds the attributes to `options`. */
export async function packed<O extends Dict>(
  passthru: Passthru,
  options: O,
  payload: Plain,
  uri: Uri,
): Promise<{ options: O; payload: Payload }> {
  const { bytes, attributes } = await passthru.pack(payload, uri);
  return { options: { ...options, ...attributes }, payload: Payload.of([bytes]) };
}

/** @throws WampError `wamp.error.invalid_payload` */
export async function unpacked(
  passthru: Passthru,
  { args, kwargs }: Plain,
  attributes: PassthruAttributes,
  uri: Uri,
): Promise<Plain> {
  try {
    const [bytes] = args;
    if (!(bytes instanceof Uint8Array) || args.length !== 1 || Object.keys(kwargs).length > 0) {
      throw new TypeError('What passes through is one binary item.');
    }
    return await passthru.unpack(bytes, attributes, uri);
  } catch (cause) {
    const said = `A payload of scheme ${passthru.scheme} cannot be read.`;
    throw new WampError(ErrorUri.INVALID_PAYLOAD, [said], {}, { cause });
  }
}
