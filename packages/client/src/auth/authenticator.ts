/** Interface Authenticator: one authentication method of the client. */
import type { Kwargs, Transport } from '@wamp/protocol';
import type { AuthError } from '../errors.ts';

/** The attributes that HELLO announces about the client. */
export interface Introduction {
  readonly authid?: string;
  readonly authextra?: Kwargs;
}

/** What an authenticator is told about the connection. */
export type Bindable = Pick<Transport, 'channelBinding'>;

/** The Signature of AUTHENTICATE, alone or with the Extra of the message. */
export type Signature = string | { readonly signature: string; readonly extra?: Kwargs };

/** What an authenticator is told about the attempt to connect. */
export interface AuthContext {
  /** The number of the attempt, from 1, since the last connection. */
  readonly attempt: number;
  /** Why the router refused the previous credential; a cached token should be replaced then. */
  readonly previousFailure?: AuthError;
}

/**
 * One authentication method (spec: Authentication). An exception ends the attempt, and `connect` rejects with an
 * `AuthError` with this `cause`. A session that has lost its connection retries if `hello`, or the function for a
 * secret, throws anything but an `AuthError`, because the service that it depends on may be unreachable.
 */
export interface Authenticator {
  /** The authmethod that HELLO announces, such as `ticket`. */
  readonly method: string;
  /**
   * True if the credential is the same in every attempt. Otherwise, after a refusal, the router is asked once more,
   * at once, and the authenticator is given `previousFailure`.
   */
  readonly isFixed?: boolean;
  /** The attributes for HELLO; called before the transport is opened, in each attempt. */
  hello(context: AuthContext): Introduction | Promise<Introduction>;
  /**
   * Answers a CHALLENGE; there may be several. Without this method, a CHALLENGE is a protocol violation.
   * @param signal aborted when the answer is not needed any more, because the attempt has ended
   */
  challenge?(
    extra: Kwargs,
    transport: Bindable,
    signal: AbortSignal,
    context: AuthContext,
  ): Signature | Promise<Signature>;
  /**
   * Checks the WELCOME, such as the router's own proof; throws if the router is not to be trusted. A method that has
   * this and `challenge` refuses a WELCOME without a CHALLENGE, because the router has proved nothing then.
   */
  welcome?(authextra: Kwargs): void | Promise<void>;
}
