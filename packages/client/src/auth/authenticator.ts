/** Interface Authenticator: one way to say who we are. */
import type { Kwargs, Transport } from '@wamp/protocol';
import type { AuthError } from '../errors.ts';

/** What HELLO tells about the client. */
export interface Introduction {
  readonly authid?: string;
  readonly authextra?: Kwargs;
}

/** What an authenticator may know of the connection. */
export type Bindable = Pick<Transport, 'channelBinding'>;

/** A signature for AUTHENTICATE, alone or with the message's Extra. */
export type Signature = string | { readonly signature: string; readonly extra?: Kwargs };

/** What an authenticator may know of the attempt to connect. */
export interface AuthContext {
  /** Counts the attempts since there was a connection, from 1. */
  readonly attempt: number;
  /** Why the router refused what the authenticator said last; a token that was at hand is of no use then. */
  readonly previousFailure?: AuthError;
}

/**
 * One authentication method (spec: Authentication). What a method throws or rejects with ends the
 * attempt, and `connect` rejects with an `AuthError` whose `cause` it is. A session that has lost its connection tries
 * again when `hello`, or the function for a secret, throws anything but an `AuthError`: what it needs may be out of reach.
 */
export interface Authenticator {
  /** The name that HELLO announces, such as `ticket`. */
  readonly method: string;
  /**
   * True when it says the same in every attempt. Otherwise a router that refuses it is asked once more, at once, with
   * `previousFailure` for the authenticator.
   */
  readonly isFixed?: boolean;
  /** What to put in HELLO; asked before the transport is opened, in each attempt. */
  hello(context: AuthContext): Introduction | Promise<Introduction>;
  /**
   * Answers a CHALLENGE, of which there may be several. Without it a CHALLENGE is a protocol violation.
   * @param signal aborted when nobody waits for the answer any more: `connect` has given up, or the router has
   */
  challenge?(
    extra: Kwargs,
    transport: Bindable,
    signal: AbortSignal,
    context: AuthContext,
  ): Signature | Promise<Signature>;
  /**
   * Checks what WELCOME says, such as the router's own proof; throws if it is not to be trusted. A method that has
   * this and `challenge` does not take a WELCOME without a CHALLENGE: the router would have proved nothing.
   */
  welcome?(authextra: Kwargs): void | Promise<void>;
}
