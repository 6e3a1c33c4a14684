/** Interface Authenticator: decides whether a client is admitted; its verdict may be a challenge. */
import type { X509Certificate } from 'node:crypto';
import type { Args, Authenticate, Dict, Hello, Id, Uri } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';

/** Restricts the clients that may connect at an address, such as one for internal services. Absent rules restrict nothing. */
export interface EntranceRules {
  /** The authentication methods of the realm that may be used at the address. */
  readonly authmethods?: readonly string[];
  /** The realms that can be joined at the address; for others, the error is `wamp.error.no_such_realm`. */
  readonly realms?: readonly Uri[];
}

/** The connection beneath a client's transport: used for authentication, and never disclosed. */
export interface Underlay {
  /** The IP address of the client; undefined in memory and over a Unix socket. */
  readonly address?: string | undefined;
  /** The TLS client certificate, if the server requested and verified it. */
  readonly certificate?: X509Certificate | undefined;
  /**
   * Channel binding data, which only the two ends of the connection know (RFC 5056): `tls-unique` and
   * `tls-server-end-point` of RFC 5929, `tls-exporter` of RFC 9266; undefined when the connection has no such type.
   */
  readonly channelBinding?: (type: string) => Uint8Array | undefined;
  /** The rules of the address at which the client has connected; undefined for no restrictions. */
  readonly entrance?: EntranceRules | undefined;
}

/** What an authenticator knows in addition to HELLO. */
export interface JoinInfo {
  readonly realm: Uri;
  /** The id that the session will have. */
  readonly session: Id;
  /** The details of the transport that the session meta API discloses. */
  readonly transport: Dict;
  /** The details of the connection that are never disclosed. */
  readonly underlay: Underlay;
  /** When HELLO was received (ms since the epoch). */
  readonly now: number;
  /**
   * Calls a procedure as the router itself.
   * @param realm the realm of the procedure; by default the one that the client wants to join
   * @returns the arguments of the result
   * @throws ApplicationError with the URI of the ERROR; `wamp.error.timeout` when the answer would come too late for
   *   the client; `wamp.error.no_such_realm`
   */
  call(procedure: Uri, args: Args, realm?: Uri): Promise<Args>;
}

/**
 * The outcome: the client is admitted, refused, or challenged; its answer to a challenge leads to another verdict
 * (SES-11).
 */
export type Verdict =
  | {
      readonly welcome: Principal;
      /** The realm that the session joins in place of the one in HELLO; it must be one of {@link Authenticator.realms}. */
      readonly realm?: Uri | undefined;
    }
  | { readonly abort: Uri; readonly message?: string }
  | {
      readonly challenge: Dict;
      readonly answer: (message: Authenticate) => Verdict | Promise<Verdict>;
      /** CHALLENGE.AuthMethod, if it differs from the method that was chosen for the client. */
      readonly method?: string;
    };

/**
 * One authentication method (spec: Authentication). If it throws or rejects, the client is refused: with the URI of an
 * `ApplicationError`, such as `wamp.error.unavailable` if the client may try again later, and with
 * `wamp.error.authentication_failed` for any other error.
 */
export interface Authenticator {
  /** The name of the method in `HELLO.Details.authmethods`. */
  readonly method: string;
  /**
   * The realms that its verdict may name, beside the one in HELLO: names, or patterns with a fixed part such as `com.example.*`
   * and `com.*.live`; none by default. Names below `wamp` are never among them. A verdict that names another realm refuses
   * the client with `wamp.error.authentication_failed`.
   */
  readonly realms?: readonly Uri[] | undefined;
  begin(hello: Hello, info: JoinInfo): Verdict | Promise<Verdict>;
}
