/** How a program proves who it is over TLS, and whom it trusts; browsers have settings of their own for that. */

import { BOOL, nested, rule, some, TEXT, type Rule, type Rules } from '../options.ts';

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

const PEM = rule(
  'PEM, a string or a Uint8Array',
  (value) => typeof value === 'string' || value instanceof Uint8Array,
);
const RULES: Rules<TlsOptions> = {
  ca: some(PEM),
  cert: some(PEM),
  key: PEM,
  passphrase: TEXT,
  servername: TEXT,
  rejectUnauthorized: BOOL,
};

/** What option `tls` of a transport holds. */
export const TLS: Rule = nested('tls', RULES);
