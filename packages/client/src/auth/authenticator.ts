/** Interface Authenticator: one way to say who we are. */
import type { Kwargs, Transport } from '@wamp/protocol';

/** What HELLO tells about the client. */
export interface Introduction {
  readonly authid?: string;
  readonly authextra?: Kwargs;
}

/** What an authenticator may know of the connection. */
export type Bindable = Pick<Transport, 'channelBinding'>;

/** A signature for AUTHENTICATE, alone or with the message's Extra. */
export type Signature = string | { readonly signature: string; readonly extra?: Kwargs };

/**
 * One authentication method (spec: Authentication). What a method throws or rejects with ends the
 * attempt: `connect` rejects with an `AuthError` whose `cause` it is.
 */
export interface Authenticator {
  /** The name that HELLO announces, such as `ticket`. */
  readonly method: string;
  /** What to put in HELLO; asked before the transport is opened. */
  hello(): Introduction | Promise<Introduction>;
  /**
   * Answers a CHALLENGE, of which there may be several. Without it a CHALLENGE is a protocol violation.
   * @param signal aborted when nobody waits for the answer any more: `connect` has given up, or the router has
   */
  challenge?(extra: Kwargs, transport: Bindable, signal: AbortSignal): Signature | Promise<Signature>;
  /**
   * Checks what WELCOME says, such as the router's own proof; throws if it is not to be trusted. A method that has
   * this and `challenge` does not take a WELCOME without a CHALLENGE: the router would have proved nothing.
   */
  welcome?(authextra: Kwargs): void | Promise<void>;
}
