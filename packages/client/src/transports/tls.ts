/** The TLS options of transports on Node; browsers have settings of their own. */

import { BOOL, nested, rule, some, TEXT, type Rule, type Rules } from '../options.ts';

/** A certificate or a key in PEM format. */
export type Pem = string | Uint8Array;

/** TLS options, on Node. */
export interface TlsOptions {
  /** Trusted certificate authorities. Default: those of Node. */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** The client's certificate, with intermediate certificates, for a router that asks for one. */
  readonly cert?: Pem | readonly Pem[] | undefined;
  /** The private key of `cert`. */
  readonly key?: Pem | undefined;
  /** The passphrase of `key`. */
  readonly passphrase?: string | undefined;
  /** The expected name in the router's certificate. Default: the host of the URL. */
  readonly servername?: string | undefined;
  /** Whether to refuse a router whose certificate cannot be verified. Default: true. */
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

/** The rule for option `tls` of a transport. */
export const TLS: Rule = nested('tls', RULES);
