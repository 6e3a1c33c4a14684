/** Payloads that pass the router unread (spec: Payload Passthru Mode): what they are packed and unpacked by. */
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

/** A payload as the application has it. */
export interface Plain {
  readonly args: Args;
  readonly kwargs: Kwargs;
}

/**
 * How payloads are written so that the router need not, or cannot, read them: what option `passthru`
 * takes. `passthru` of `@wamp/client/passthru` makes one.
 */
export interface Passthru {
  /** `wamp`, `mqtt`, or a name of your own that starts with `x_`. */
  readonly scheme: string;
  /** @param uri of the procedure or topic; what it throws fails the request, or the procedure */
  pack(payload: Plain, uri: Uri): Packed | Promise<Packed>;
  /** What it throws means that the payload cannot be read. */
  unpack(bytes: Uint8Array, attributes: PassthruAttributes, uri: Uri): Plain | Promise<Plain>;
}

/** One binary item, and the attributes that tell how to read it. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly attributes: PassthruAttributes;
}

/** One or several: what is sent is packed by the first, what arrives is unpacked by the one of its scheme. */
export type PassthruOption = Passthru | readonly Passthru[] | undefined;

/** True when the attributes say that the payload passes through (PPT-1). */
export function isPassthru({ ppt_scheme: scheme }: PassthruAttributes): boolean {
  return scheme !== undefined && scheme !== '';
}

/** The first of an option, which packs. */
export function packerIn(option: PassthruOption): Passthru | undefined {
  return [option].flat()[0];
}

/** The one of an option that reads the attributes' scheme. @throws WampError `wamp.error.feature_not_supported` */
export function unpackerIn(option: PassthruOption, { ppt_scheme: scheme }: PassthruAttributes): Passthru {
  const found = [option].flat().find((passthru) => passthru?.scheme === scheme);
  if (found !== undefined) return found;
  throw new WampError(ErrorUri.FEATURE_NOT_SUPPORTED, [`There is no passthru for scheme ${scheme ?? ''}.`]);
}

/** PPT-7: one binary item and nothing else; with the attributes merged into `options`. */
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
