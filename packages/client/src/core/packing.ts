/** Packs and unpacks payloads in Payload Passthru Mode. */
import { ErrorUri, Payload, type Dict, type PassthruAttributes, type Uri } from '@wamp/protocol';
import { WampError } from '../errors.ts';
import type { Passthru, PassthruOption, Plain } from './passthru.ts';

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
