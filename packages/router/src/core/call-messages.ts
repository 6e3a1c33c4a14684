/** Composes the messages about a call for its caller and its callee. */
import {
  ErrorUri,
  MessageType,
  Payload,
  type CancelMode,
  type Dict,
  type ErrorMessage,
  type Message,
  type Uri,
  type Yield,
} from '@wamp/protocol';
import { passthru } from './disclosure.ts';
import type { OpenCall } from './pending-calls.ts';

/** RESULT for a YIELD. */
export function resultOf(call: OpenCall, { options, payload }: Yield): Message {
  const details = options.progress === true ? { progress: true, ...passthru(options) } : passthru(options);
  return { type: MessageType.RESULT, request: call.request, details, payload };
}

/** ERROR for the caller. */
export function errorFor(
  call: OpenCall,
  error: Uri,
  payload: Payload = Payload.none,
  details = {},
): ErrorMessage {
  return {
    type: MessageType.ERROR,
    requestType: MessageType.CALL,
    request: call.request,
    details,
    error,
    payload,
  };
}

/** The URI of an answer that is an ERROR. */
export function errorOf(answer: Message): Uri | undefined {
  return answer.type === MessageType.ERROR ? answer.error : undefined;
}

/** ERROR for a call without a callee: all of them have declined it (RRT-4), or have left (LEAVE-2). */
export function unserved(call: OpenCall): ErrorMessage {
  if (call.pinned !== undefined) return errorFor(call, ErrorUri.CANCELED, Payload.none, UNSERVED);
  return errorFor(call, call.tried === undefined ? ErrorUri.CANCELED : ErrorUri.NO_AVAILABLE_CALLEE);
}

/** True when the callee has announced that it processes INTERRUPT. */
export function canInterrupt({ callee }: OpenCall): boolean {
  return callee?.session.features.has('callee', 'call_canceling') === true;
}

/** Sends INTERRUPT to the callee. */
export function interrupt({ callee, invocation }: OpenCall, mode: CancelMode, reason: Uri): void {
  callee?.session.send({ type: MessageType.INTERRUPT, request: invocation, options: { mode, reason } });
}

/** Details of the ERROR for a call of another node that has reached no callee: it may go to another one. */
export const UNSERVED: Dict = Object.freeze({ x_unserved: true });
