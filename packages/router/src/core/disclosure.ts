/**
 * Which caller and publisher attributes INVOCATION and EVENT disclose (spec: Caller Identification, Publisher
 * Identification).
 */
import { NO_ENTRIES, type Id, type PassthruAttributes } from '@wamp/protocol';
import type { Publisher } from './publication.ts';

export interface CallerDetails {
  readonly caller?: Id;
  readonly caller_authid?: string;
  readonly caller_authrole?: string;
}

export interface PublisherDetails {
  readonly publisher?: Id;
  readonly publisher_authid?: string;
  readonly publisher_authrole?: string;
}

export function callerDetails(disclosed: boolean, caller: Publisher): CallerDetails {
  if (!disclosed) return NO_ENTRIES;
  const { authid, authrole } = caller.principal;
  return { caller: caller.id, caller_authid: authid, caller_authrole: authrole };
}

export function publisherDetails(disclosed: boolean, publisher: Publisher | undefined): PublisherDetails {
  if (!disclosed || publisher === undefined) return NO_ENTRIES;
  const { authid, authrole } = publisher.principal;
  return { publisher: publisher.id, publisher_authid: authid, publisher_authrole: authrole };
}

/** The same options with `disclose_me: true`. */
export function disclosing<O extends object>(options: O): O & { readonly disclose_me: true } {
  return { ...options, disclose_me: true };
}

/**
 * The attributes that accompany a payload in passthru mode, which the router does not decode (spec: Payload Passthru
 * Mode).
 */
export function passthru(options: PassthruAttributes): PassthruAttributes {
  if (!isPassthru(options)) return NO_ENTRIES;
  const { ppt_scheme, ppt_serializer, ppt_cipher, ppt_keyid } = options;
  return {
    ppt_scheme,
    ...(ppt_serializer === undefined ? NO_ENTRIES : { ppt_serializer }),
    ...(ppt_cipher === undefined ? NO_ENTRIES : { ppt_cipher }),
    ...(ppt_keyid === undefined ? NO_ENTRIES : { ppt_keyid }),
  };
}

/** True when the options put the payload into passthru mode (PPT-1). */
export function isPassthru(
  options: PassthruAttributes,
): options is PassthruAttributes & { readonly ppt_scheme: string } {
  return options.ppt_scheme !== undefined && options.ppt_scheme !== '';
}
