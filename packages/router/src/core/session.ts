/** Session and Principal: a client in a realm, as the core sees it. */
import type {
  CancelMode,
  Dict,
  Id,
  MatchPolicy,
  Message,
  PeerFeatures,
  SessionScope,
  Uri,
} from '@wamp/protocol';
import type { Account } from './account.ts';

/** The identity of a session, as authentication has established it. */
export interface Principal {
  readonly authid: string;
  readonly authrole: string;
  /** The authentication method, such as `anonymous` or `ticket`. */
  readonly authmethod: string;
  /** The source of the identity, such as `static` or `dynamic`. */
  readonly authprovider: string;
  readonly authextra?: Dict;
  /** The realm whose authenticator has admitted the session, where that has named another realm to join. Never disclosed. */
  readonly loginRealm?: Uri;
}

/**
 * Why a message does not reach its client: the serializer cannot represent it, or it is longer than the client accepts
 * (RAW-6).
 */
export interface Undeliverable {
  /** The error for the peer that waits for the message. */
  readonly error: Uri;
  /** The explanation. */
  readonly why: string;
  /** True when nothing has been sent, so that another callee may get the call. */
  readonly elsewhere?: true;
}

/** The procedure of a registration, and how it matches. */
export interface RegisteredPattern {
  readonly match: MatchPolicy;
  readonly procedure: Uri;
}

/** The state of a session whose client is connected to another node of the cluster. */
export interface Remote {
  /** The name of the node. */
  readonly node: string;
  /** Numbers the invocations of all sessions of that node, so that each number identifies a call on the link. */
  readonly scope: SessionScope;
  /** True when the node is dead and this node publishes on behalf of the session, such as its meta events. */
  readonly isMourned: boolean;
  /** Tells the node of the session that a call is over for its caller, whose callee is not interrupted, or not once more. */
  drop(invocation: Id, mode: CancelMode, reason: Uri): void;
  /** Asks the node of the session to remove a registration. */
  revoke(registration: RegisteredPattern, reason?: string): void;
}

/** What the sessions from one address (for IPv6, from one /64 network) share. */
export interface Client {
  readonly network: string;
  /** Data kept on behalf of any of them counts here. */
  readonly kept: Account;
}

/** What a session has sent and received since WELCOME. Bytes are those of encoded messages: 0 for sessions that encode none. */
export interface SessionTraffic {
  /** Messages from the client. */
  readonly received: number;
  readonly receivedBytes: number;
  /** Messages to the client. */
  readonly sent: number;
  readonly sentBytes: number;
}

/** Called with each message of a session. The payload is lent: keep it to read it later. Must not throw. */
export type Watcher = (direction: 'received' | 'sent', message: Message) => void;

/** How a session leaves its realm. */
export interface Departure {
  /** True when the session leaves silently (META-3): no `wamp.session.on_leave`, and no testaments. False by default. */
  readonly quiet?: boolean;
}

/** A joined session. The core compares sessions by identity and sends to them; the edge implements it. */
export interface Session {
  readonly id: Id;
  readonly principal: Principal;
  /** What the client announced in HELLO. */
  readonly features: PeerFeatures;
  /** The details of its transport, for the session meta API. */
  readonly transport: Dict;
  /**
   * Undefined where the address does not identify the client: in memory, over the loopback, or behind a trusted proxy
   * that does not name it.
   */
  readonly client?: Client | undefined;
  /**
   * Takes a message for the client. It never throws, never calls back into the core before it returns, and has either
   * written the payload by then or kept it (`Payload.keep`), because the payload's bytes are lent.
   * @returns why the message cannot be delivered; undefined when it was sent, or the client has gone
   */
  send(message: Message): Undeliverable | undefined;
  /** Present when the client is connected to another node of the cluster. */
  readonly remote?: Remote | undefined;
  /**
   * Runs deferred work of the session on a new stack, if the session is still open. An exception ends the session, as it would
   * have when the message arrived. Present on sessions whose messages can be deferred.
   */
  later?(task: () => void): void;
  /** The maximum size of a message to the client (bytes); absent, or Infinity, when it has announced no limit. */
  readonly maxMessageSize?: number;
  /** True while the client has a backlog of unread messages; code that sends many messages should then continue later. */
  readonly isBehind?: boolean;
  /** Runs `task` once the client has read nearly all of the backlog, or the session has ended. */
  whenCaughtUp?(task: () => void): void;
  /** Bytes that wait in this process for the client to read them. */
  readonly queued?: number;
  /** When the session joined (ms since the epoch); absent if that is unknown. */
  readonly joined?: number;
  /** Counts of messages and bytes; absent for sessions that do not count them. */
  readonly traffic?: SessionTraffic;
  /**
   * Calls `watcher` with each message from now on: with received ones before they are authorized, and with sent ones when
   * they are encoded. GOODBYE and ABORT of the router are not shown. Costs nothing while there are no watchers. Absent for
   * sessions that cannot be watched.
   * @returns a function that removes the watcher
   */
  watch?(watcher: Watcher): () => void;
  /**
   * Ends the session from the router's side with GOODBYE; it leaves the realm at once.
   * @param departure passed to the listeners of `realm.left`
   */
  end(reason: Uri, message?: string, departure?: Departure): void;
}

/** The key under which all sessions of one client count: the network of its address, or the session itself. */
export function clientOf(session: Session): string | Session {
  return session.client?.network ?? session;
}

/** The role of the router's own sessions, the only one that may use reserved URIs (T-4). */
export const TRUSTED_ROLE = 'trusted';

/** True for the router's own sessions and for sessions that it trusts like them. */
export function isTrusted(session: Session): boolean {
  return session.principal.authrole === TRUSTED_ROLE;
}
