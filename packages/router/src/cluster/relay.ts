/** Relay: calls between this node and a peer; each is one call in the core of the caller's node and one in the callee's. */
import {
  ErrorUri,
  MessageType,
  NO_ENTRIES,
  Payload,
  SerializationFailure,
  type CallOptions,
  type CancelMode,
  type ErrorMessage,
  type Id,
  type Interrupt,
  type Invocation,
  type Result,
  type Uri,
} from '@wamp/protocol';
import { UNSERVED } from '../core/call-messages.ts';
import { isPassthru, passthru } from '../core/disclosure.ts';
import { noteKill, type OpenCall } from '../core/pending-calls.ts';
import type { Callee, Registration } from '../core/registration.ts';
import type { RegisteredPattern, Undeliverable } from '../core/session.ts';
import { traceDetails } from '../core/trace-context.ts';
import type { OutgoingCall, PeerNode, SharedRealm } from './peer.ts';
import type { RemoteSession, RemoteWay } from './remote-session.ts';
import { EntryType, type LinkEntry } from './wire.ts';

/** The content of an entry, without its type and its realm. */
type Content = Pick<LinkEntry, 'fields' | 'payload'>;

/** Why the callee's node returns a call that it has not sent to a client. */
type Declined = 'gone' | 'left' | 'draining';

/** The calls of one realm between this node and one peer. */
export class Relay implements RemoteWay {
  readonly #peer: PeerNode;
  readonly #realm: SharedRealm;
  /** Calls of the peer that wait until their callee has registered, by number, with the id of the callee. */
  readonly #expected = new Map<Id, Id>();

  constructor(peer: PeerNode, realm: SharedRealm) {
    this.#peer = peer;
    this.#realm = realm;
  }

  invoke(callee: RemoteSession, message: Invocation): Undeliverable | undefined {
    const { request, details, payload } = message;
    const peer = this.#peer;
    if (peer.outgoing.get(request) !== undefined) {
      return this.#put(EntryType.MORE, [request, details.progress === true], payload);
    }
    const call = this.#realm.core.dealer.calls.pending.known(callee)?.invocations.get(request);
    if (call === undefined) return undefined;
    if (!peer.isReachable) return { error: ErrorUri.UNAVAILABLE, why: this.#outOfReach(), elsewhere: true };
    if (!this.#realm.core.sessions.has(call.caller.id)) this.#realm.introduceUnlisted(peer, call.caller);
    const { registration } = call;
    const procedure = registration.match === 'exact' ? null : call.procedure;
    const to = [callee.id, call.caller.id, registration.id, procedure];
    const fields = [request, ...to, optionsOf(call, message), details.trustlevel ?? null];
    const fault = this.#put(EntryType.INVOKE, fields, payload);
    if (fault === undefined) peer.outgoing.add(request, { realm: this.#realm, callee });
    return fault;
  }

  interrupt(_callee: RemoteSession, { request, options }: Interrupt): void {
    if (this.#peer.outgoing.get(request) === undefined) return;
    this.#put(EntryType.CANCEL, [request, options.mode ?? 'killnowait', options.reason ?? ErrorUri.CANCELED]);
  }

  drop(invocation: Id, mode: CancelMode, reason: Uri): void {
    if (this.#peer.outgoing.get(invocation) !== undefined)
      this.#put(EntryType.CANCEL, [invocation, mode, reason]);
  }

  result(_caller: RemoteSession, { request, details, payload }: Result): Undeliverable | undefined {
    const { incoming } = this.#peer;
    if (incoming.get(request) === undefined) return undefined;
    const progress = details.progress === true;
    if (!progress) incoming.delete(request);
    const fault = this.#put(EntryType.RESULT, [request, progress, passthru(details)], payload);
    if (fault !== undefined && !progress)
      this.#put(EntryType.ERROR, [request, fault.error, NO_ENTRIES], Payload.of([fault.why]));
    return fault;
  }

  error(_caller: RemoteSession, { request, error, details, payload }: ErrorMessage): void {
    if (this.#peer.incoming.get(request) === undefined) return;
    this.#peer.incoming.delete(request);
    if (details === UNSERVED) {
      this.#decline(request, 'left');
      return;
    }
    const fault = this.#put(EntryType.ERROR, [request, error, passthru(details)], payload);
    if (fault !== undefined)
      this.#put(EntryType.ERROR, [request, fault.error, NO_ENTRIES], Payload.of([fault.why]));
  }

  kill(session: RemoteSession, reason: Uri, message: string | undefined, quiet: boolean): void {
    const fault = this.#put(EntryType.KILL, [session.id, reason, message ?? null, quiet]);
    if (fault !== undefined) this.#put(EntryType.KILL, [session.id, reason, null, quiet]);
  }

  revoke({ id }: RemoteSession, { match, procedure }: RegisteredPattern, reason: string | undefined): void {
    this.#put(EntryType.REVOKE, [match, procedure, id, reason ?? null]);
  }

  /** Handles a call of the peer. */
  invoked({ fields, payload }: Content): void {
    const [no, calleeId, callerId, registrationId, procedure, options, trustlevel] = fields as [
      Id,
      Id,
      Id,
      Id,
      Uri | null,
      CallOptions,
      number | null,
    ];
    const { core } = this.#realm;
    const caller = this.#peer.session(this.#realm, callerId);
    const registration = core.dealer.byId(registrationId);
    const callee = registration && calleeOf(registration, calleeId);
    if (caller !== undefined && this.#realm.anteroom.expects(calleeId, registrationId)) {
      this.#expected.set(no, calleeId);
      this.#later(calleeId, { fields, payload }, (entry) => {
        this.#expected.delete(no);
        this.invoked(entry);
      });
    } else if (caller === undefined || registration === undefined || callee === undefined) {
      this.#decline(no, 'gone');
    } else if (core.dealer.isDraining) this.#decline(no, 'draining');
    else {
      this.#peer.incoming.add(no, { realm: this.#realm, caller });
      const uri = procedure ?? registration.procedure;
      const message = { type: MessageType.CALL, request: no, options, procedure: uri, payload } as const;
      const { calls } = core.dealer;
      const pinned = { callee, trustlevel: trustlevel ?? undefined };
      calls.place(caller, calls.pending.of(caller), message, registration, options, pinned);
    }
  }

  /** Handles more input for a call of the peer. */
  continued(entry: Content): void {
    const { fields, payload } = entry;
    const [no, progress] = fields as [Id, boolean];
    const callee = this.#expected.get(no);
    if (callee !== undefined) {
      this.#later(callee, entry, (later) => {
        this.continued(later);
      });
      return;
    }
    const call = this.#incoming(no);
    if (call === undefined) return;
    const options = progress ? { progress } : NO_ENTRIES;
    const { procedure } = call;
    const { calls } = this.#realm.core.dealer;
    calls.continue(call, { type: MessageType.CALL, request: no, options, procedure, payload });
  }

  canceled(entry: Content): void {
    const [no, mode, reason] = entry.fields as [Id, CancelMode, Uri];
    const callee = this.#expected.get(no);
    if (callee !== undefined) {
      this.#later(callee, entry, (later) => {
        this.canceled(later);
      });
      return;
    }
    const call = this.#incoming(no);
    const { calls } = this.#realm.core.dealer;
    if (call === undefined) return;
    if (mode !== 'skip') calls.cancel(call, mode, reason);
    else if (call.callee === undefined) calls.cancel(call, 'killnowait', reason);
    else noteKill(call); // The callee keeps running, even if the caller leaves.
  }

  /** Handles a result for a call of this node. */
  answered({ fields, payload }: LinkEntry): void {
    const [no, progress, details] = fields as [Id, boolean, Result['details']];
    const call = this.#peer.outgoing.get(no);
    if (call === undefined) return;
    if (!progress) this.#peer.outgoing.delete(no);
    if (!hasCalls(call)) return;
    const options = progress ? { ...details, progress } : details;
    const message = { type: MessageType.YIELD, request: no, options, payload } as const;
    call.realm.core.dealer.yield(call.callee, message);
  }

  /** Handles an error for a call of this node. */
  failed({ fields, payload }: LinkEntry): void {
    const [no, error, details] = fields as [Id, Uri, ErrorMessage['details']];
    const call = this.#peer.outgoing.get(no);
    if (call === undefined) return;
    this.#peer.outgoing.delete(no);
    if (hasCalls(call)) this.#fail(call, no, error, details, payload);
  }

  /** Handles a call of this node that the peer returns. No client has received it, so another callee may be tried. */
  returned({ fields }: LinkEntry): void {
    const [no, why] = fields as [Id, Declined];
    const outgoing = this.#peer.outgoing.get(no);
    if (outgoing === undefined) return;
    this.#peer.outgoing.delete(no);
    const { calls } = outgoing.realm.core.dealer;
    const call = calls.pending.known(outgoing.callee)?.invocations.get(no);
    if (call === undefined) return;
    if (calls.goesElsewhere(call)) calls.decline(call);
    else if (why === 'left') this.#fail(outgoing, no, ErrorUri.CANCELED, NO_ENTRIES, Payload.none);
    else if (why === 'draining') calls.abandon(call, ErrorUri.UNAVAILABLE, 'the node is shutting down');
    else calls.abandon(call, ErrorUri.NO_SUCH_PROCEDURE, 'the callee has unregistered the procedure');
  }

  /** Answers the pending calls of a peer's caller that has left, so that the peer releases them. */
  callerLeft(caller: RemoteSession): void {
    const { pending } = this.#realm.core.dealer.calls;
    for (const call of pending.known(caller)?.calls.values() ?? []) {
      if (this.#peer.incoming.get(call.request) === undefined) continue;
      this.#peer.incoming.delete(call.request);
      this.#put(EntryType.ERROR, [call.request, ErrorUri.CANCELED, NO_ENTRIES]);
    }
  }

  #fail(
    { realm, callee }: OutgoingCall,
    request: Id,
    error: Uri,
    details: ErrorMessage['details'],
    payload: Payload,
  ): void {
    const requestType = MessageType.INVOCATION;
    realm.core.dealer.error(callee, {
      ...{ type: MessageType.ERROR, requestType, request, details, error, payload },
    });
  }

  /** Handles an entry once a pending REGISTER of its callee has been decided, after the entries that already wait for that. */
  #later(callee: Id, { fields, payload }: Content, handle: (entry: Content) => void): void {
    const kept = payload.keep();
    this.#realm.anteroom.afterRegistering(callee, () => {
      handle({ fields, payload: kept.lend() });
    });
  }

  #incoming(no: Id): OpenCall | undefined {
    const incoming = this.#peer.incoming.get(no);
    return incoming && this.#realm.core.dealer.calls.pending.known(incoming.caller)?.calls.get(no);
  }

  #decline(no: Id, why: Declined): void {
    this.#put(EntryType.DECLINE, [no, why]);
  }

  #put(type: EntryType, fields: readonly unknown[], payload?: Payload): Undeliverable | undefined {
    try {
      this.#peer.put(type, this.#realm.index, fields, payload);
      return undefined;
    } catch (error) {
      if (!(error instanceof SerializationFailure)) throw error;
      return { error: ErrorUri.INVALID_PAYLOAD, why: error.message };
    }
  }

  #outOfReach(): string {
    return `the node of the callee, ${this.#peer.id.name}, cannot be reached at present`;
  }
}

/** Whether the callee may still have calls to answer; false when it has left, because its calls have ended then. */
function hasCalls({ realm, callee }: OutgoingCall): boolean {
  return realm.core.dealer.calls.pending.known(callee) !== undefined;
}

function calleeOf({ single, callees }: Registration, id: Id): Callee | undefined {
  const callee = single ?? callees.find(({ session }) => session.id === id && session.remote === undefined);
  return callee?.session.id === id && callee.session.remote === undefined ? callee : undefined;
}

/** The options of a call that the callee's node needs; most calls have none. */
function optionsOf(call: OpenCall, { details }: Invocation): CallOptions {
  const { options, receiveProgress, trace } = call;
  const isPlain =
    !receiveProgress && trace === undefined && details === NO_ENTRIES && options.disclose_me !== true;
  if (isPlain && !isPassthru(options)) return NO_ENTRIES;
  return {
    ...passthru(options),
    ...(receiveProgress ? { receive_progress: true } : NO_ENTRIES),
    ...(details.progress === true ? { progress: true } : NO_ENTRIES),
    ...(details.timeout === undefined ? NO_ENTRIES : { timeout: details.timeout }),
    ...(options.disclose_me === true ? { disclose_me: true } : NO_ENTRIES),
    ...traceDetails(trace),
  };
}
