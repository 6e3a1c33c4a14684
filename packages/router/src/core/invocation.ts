/** INVOCATION: composes its details, and checks that the callee has announced the features that the call needs. */
import {
  MessageType,
  NO_ENTRIES,
  type CallOptions,
  type Invocation,
  type InvocationDetails,
  type Payload,
} from '@wamp/protocol';
import { callerDetails, isPassthru, passthru } from './disclosure.ts';
import type { OpenCall } from './pending-calls.ts';
import type { Callee } from './registration.ts';
import { isTrusted } from './session.ts';
import { traceDetails } from './trace-context.ts';

export function invocationOf(
  call: OpenCall,
  callee: Callee,
  payload: Payload,
  trustlevel: number | undefined,
): Invocation {
  return {
    type: MessageType.INVOCATION,
    request: call.invocation,
    registration: call.registration.id,
    details: isPlain(call, callee, trustlevel) ? NO_ENTRIES : detailsOf(call, callee, trustlevel),
    payload,
  };
}

/** True for a call whose INVOCATION needs no details, as for most calls. */
function isPlain(call: OpenCall, callee: Callee, trustlevel: number | undefined): boolean {
  const { options, registration } = call;
  return (
    registration.match === 'exact' &&
    trustlevel === undefined &&
    call.trace === undefined &&
    !call.receiveProgress &&
    !call.streaming &&
    !discloses(call, callee) &&
    options.timeout === undefined &&
    options.ppt_scheme === undefined
  );
}

function detailsOf(call: OpenCall, callee: Callee, trustlevel: number | undefined): InvocationDetails {
  const { options, registration } = call;
  return {
    ...(registration.match === 'exact' ? NO_ENTRIES : { procedure: call.procedure }),
    ...(call.receiveProgress ? { receive_progress: true } : NO_ENTRIES),
    ...(call.streaming ? { progress: true } : NO_ENTRIES),
    ...(forwardsTimeout(callee, options) ? { timeout: options.timeout } : NO_ENTRIES),
    ...(trustlevel === undefined ? NO_ENTRIES : { trustlevel }),
    ...callerDetails(discloses(call, callee), call.caller),
    ...passthru(options),
    ...traceDetails(call.trace),
  };
}

function discloses({ options }: OpenCall, callee: Callee): boolean {
  return options.disclose_me === true || callee.disclosesCaller || isTrusted(callee.session);
}

/** TMO-5: the callee has asked to enforce the timeout itself, and has announced that it can. */
export function forwardsTimeout(callee: Callee, { timeout = 0 }: CallOptions): boolean {
  return timeout > 0 && callee.forwardsTimeout && callee.session.features.has('callee', 'call_timeout');
}

/** A feature that the call needs and the callee has not announced (PCI-3, PPT-3); undefined when none is missing. */
export function missingFeature({ session }: Callee, options: CallOptions): string | undefined {
  const lacks = (feature: string): boolean => !session.features.has('callee', feature);
  if (options.progress === true) {
    if (lacks('progressive_call_invocations')) return 'progressive_call_invocations';
    if (lacks('call_canceling')) return 'call_canceling';
  }
  return isPassthru(options) && lacks('payload_passthru_mode') ? 'payload_passthru_mode' : undefined;
}

/** PCR-2; a caller that has not announced progressive results gets none, even if it asks for them (T-44). */
export function wantsProgress({ caller, options }: OpenCall): boolean {
  return options.receive_progress === true && caller.features.has('caller', 'progressive_call_results');
}

/**
 * Differs from PCR-1 in that progressive results without call canceling suffice: autobahn-js announces no more. Such a
 * callee is never interrupted; results that it yields after its call has ended are discarded.
 */
export function takesProgress({ session }: Callee): boolean {
  return session.features.has('callee', 'progressive_call_results');
}
