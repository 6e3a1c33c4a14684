/** Interface Authenticator: who may come in, as a verdict that may ask back. */
import type { Authenticate, Dict, Hello, Id, Uri } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';

/** What an authenticator knows beside HELLO. */
export interface JoinInfo {
  readonly realm: Uri;
  /** The id that the session will have. */
  readonly session: Id;
  /** How the client is connected. */
  readonly transport: Dict;
}

/** The client is in, is refused, or has to answer a challenge first; the answer yields a verdict again. */
export type Verdict =
  | { readonly welcome: Principal }
  | { readonly abort: Uri; readonly message?: string }
  | { readonly challenge: Dict; readonly answer: (message: Authenticate) => Verdict | Promise<Verdict> };

/** One authentication method (spec: Authentication). A throw or a rejection refuses the client. */
export interface Authenticator {
  /** As it stands in `HELLO.Details.authmethods`. */
  readonly method: string;
  begin(hello: Hello, info: JoinInfo): Verdict | Promise<Verdict>;
}
