/** Interface Authenticator: who may come in, as a verdict that may ask back. */
import type { X509Certificate } from 'node:crypto';
import type { Args, Authenticate, Dict, Hello, Id, Uri } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';

/** What lies beneath a client's transport: known for authentication, and told to nobody. */
export interface Underlay {
  /** The IP address at the client's end; undefined where there is none, as in memory and over a Unix socket. */
  readonly address?: string | undefined;
  /** What the client has shown when TLS was set up, if the server asked for it and holds it valid. */
  readonly certificate?: X509Certificate | undefined;
  /**
   * What only the two ends of the connection know (RFC 5056): `tls-unique` and `tls-server-end-point` of RFC 5929,
   * `tls-exporter` of RFC 9266; undefined when there is none of the type.
   */
  readonly channelBinding?: (type: string) => Uint8Array | undefined;
}

/** What an authenticator knows beside HELLO. */
export interface JoinInfo {
  readonly realm: Uri;
  /** The id that the session will have. */
  readonly session: Id;
  /** How the client is connected, as the session meta API tells it. */
  readonly transport: Dict;
  /** How the client is connected, as it is told to nobody. */
  readonly underlay: Underlay;
  /** When the client said HELLO, in ms since the epoch. */
  readonly now: number;
  /**
   * Calls a procedure as the router itself.
   * @param realm where; by default the one that the client wants to join
   * @returns the arguments of the result
   * @throws ApplicationError with the URI of the ERROR; `wamp.error.timeout` when the answer does not come in time for
   *   the client, `wamp.error.no_such_realm`
   */
  call(procedure: Uri, args: Args, realm?: Uri): Promise<Args>;
}

/** The client is in, is refused, or has to answer a challenge first; the answer yields a verdict again (SES-11). */
export type Verdict =
  | { readonly welcome: Principal }
  | { readonly abort: Uri; readonly message?: string }
  | {
      readonly challenge: Dict;
      readonly answer: (message: Authenticate) => Verdict | Promise<Verdict>;
      /** CHALLENGE.AuthMethod, where it is not the method that the client came with. */
      readonly method?: string;
    };

/**
 * One authentication method (spec: Authentication). A throw or a rejection refuses the client: with the URI of an
 * `ApplicationError`, and else with `wamp.error.authentication_failed`.
 */
export interface Authenticator {
  /** As it stands in `HELLO.Details.authmethods`. */
  readonly method: string;
  begin(hello: Hello, info: JoinInfo): Verdict | Promise<Verdict>;
}
