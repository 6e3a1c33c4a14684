/** Session and Principal: a client in a realm, as the core sees it. */
import type { Dict, Id, Message, PeerFeatures, Uri } from '@wamp/protocol';
import type { Account } from './account.ts';

/** Who a session is: what authentication has established. */
export interface Principal {
  readonly authid: string;
  readonly authrole: string;
  /** How it was established, such as `anonymous` or `ticket`. */
  readonly authmethod: string;
  /** By whom, such as `static` or `dynamic`. */
  readonly authprovider: string;
  readonly authextra?: Dict;
}

/** Why a message does not reach its client: it has no form for it, or no room (RAW-6). */
export interface Undeliverable {
  /** The error for whoever waits on it. */
  readonly error: Uri;
  /** The same in words. */
  readonly why: string;
}

/** What the sessions from one address have in common (of IPv6, from one network of 64 bits). */
export interface Client {
  readonly network: string;
  /** What is kept on behalf of any of them counts here. */
  readonly kept: Account;
}

/** How a session leaves its realm. */
export interface Departure {
  /** True when nobody is to hear of it (META-3): no `wamp.session.on_leave`, and no testaments. False by default. */
  readonly quiet?: boolean;
}

/** A joined session. The core compares sessions by identity and sends to them; the edge implements it. */
export interface Session {
  readonly id: Id;
  readonly principal: Principal;
  /** What the client announced in HELLO. */
  readonly features: PeerFeatures;
  /** How it is connected, for the session meta API. */
  readonly transport: Dict;
  /** Absent where its address tells nothing of who it is: in memory, over the loopback, or from a trusted proxy that is silent. */
  readonly client?: Client | undefined;
  /**
   * Takes a message for the client: never throws, never calls back into the core before it returns, and has written the
   * payload, or keeps it (`Payload.keep`), by then, for it is lent as the bytes of its frame are.
   * @returns why the client cannot be told; undefined when it is, or is gone
   */
  send(message: Message): Undeliverable | undefined;
  /** True while the client has much to read: whoever has many messages for it sends the next ones later. */
  readonly isBehind?: boolean;
  /** Runs `task` once it has read nearly all of that, or is gone. */
  whenCaughtUp?(task: () => void): void;
  /**
   * Ends the session from the router's side with GOODBYE; it leaves the realm at once.
   * @param departure told to `realm.left`
   */
  end(reason: Uri, message?: string, departure?: Departure): void;
}

/** What is the same for all sessions that count as one client: the network of its address, or the session itself. */
export function clientOf(session: Session): string | Session {
  return session.client?.network ?? session;
}

/** The role of the router's own sessions, the one that may use reserved URIs (T-4). */
export const TRUSTED_ROLE = 'trusted';

/** True for the router itself and those whom it trusts like itself. */
export function isTrusted(session: Session): boolean {
  return session.principal.authrole === TRUSTED_ROLE;
}
