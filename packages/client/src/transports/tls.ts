/** How a program proves who it is over TLS, and whom it trusts; browsers have settings of their own for that. */

/** A certificate or a key in PEM. */
export type Pem = string | Uint8Array;

/** TLS, for programs on Node. */
export interface TlsOptions {
  /** The authorities that the router's certificate may come from. Default: those that Node knows. */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** Our own certificate, for a router that asks for one, and those that vouch for it. */
  readonly cert?: Pem | readonly Pem[] | undefined;
  /** The key of `cert`. */
  readonly key?: Pem | undefined;
  /** What `key` is encrypted with, if it is. */
  readonly passphrase?: string | undefined;
  /** The name that the router's certificate must have. Default: the host of the URL. */
  readonly servername?: string | undefined;
  /** Whether a router with a certificate that cannot be trusted is refused: default true. */
  readonly rejectUnauthorized?: boolean | undefined;
}
