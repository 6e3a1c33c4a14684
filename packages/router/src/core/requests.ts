/** Refuses requests, and the checks that broker and dealer share. */
import {
  isReserved,
  isUri,
  MessageType,
  Payload,
  ProtocolViolation,
  type Call,
  type Dict,
  type ClientRole,
  type Id,
  type MatchPolicy,
  type PassthruAttributes,
  type Publish,
  type Register,
  type RequestType,
  type Subscribe,
  type Uri,
  type UriRules,
} from '@wamp/protocol';
import { isPassthru } from './disclosure.ts';
import type { QuotaName } from './quotas.ts';
import { isTrusted, type Session } from './session.ts';

/** Why a request is refused. */
export interface Objection {
  readonly error: Uri;
  readonly why?: string | undefined;
  /** The quota that it would exceed. */
  readonly quota?: QuotaName;
}

/** Sends ERROR for a request, with the explanation, if any, as its only argument. */
export function refuse(
  session: Session,
  requestType: RequestType,
  request: Id,
  error: Uri,
  explanation?: string,
  details: Dict = {},
): void {
  const payload = explanation === undefined ? Payload.none : Payload.of([explanation]);
  session.send({ type: MessageType.ERROR, requestType, request, details, error, payload });
}

/** A request whose refusal is answered with ERROR. */
export type Request = Call | Register | Publish | Subscribe;

/** Refuses a request; a publisher gets an ERROR only when it asked for an acknowledgement (T-42). */
export function refuseRequest(
  session: Session,
  message: Request,
  error: Uri,
  explanation?: string,
  details?: Dict,
): void {
  if (message.type === MessageType.PUBLISH && message.options.acknowledge !== true) return;
  refuse(session, message.type, message.request, error, explanation, details);
}

/** Explains why `session` may not publish to a URI or register it; undefined when it may. */
export function uriFault(
  session: Session,
  uri: Uri,
  rules: UriRules,
  match: MatchPolicy = 'exact',
): string | undefined {
  if (!isUri(uri, rules, match)) return malformedUri(uri, rules, match);
  if (isReserved(uri) && !isTrusted(session)) return 'URIs that begin with wamp are reserved';
  return undefined;
}

/** The explanation for an invalid URI. */
export function malformedUri(uri: Uri, rules: UriRules, match: MatchPolicy = 'exact'): string {
  const kind = match === 'exact' ? 'URI' : `${match} pattern`;
  return `${JSON.stringify(uri.slice(0, 100))} is not a ${rules} ${kind}`;
}

/**
 * Checks that a session that uses passthru mode has announced it.
 * @throws ProtocolViolation (PPT-2)
 */
export function requirePassthru(session: Session, role: ClientRole, options: PassthruAttributes): void {
  if (isPassthru(options) && !session.features.has(role, 'payload_passthru_mode')) {
    throw new ProtocolViolation(`ppt_scheme: ${role} has not announced payload_passthru_mode`);
  }
}
