/** The options of the engine on NATS. */

/** How to log in to NATS: at most one way of these. */
export interface NatsCredentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** The seed of an nkey, which begins with `SU`. */
  readonly nkeySeed?: string | undefined;
  /** The contents of a credentials file. */
  readonly credentials?: string | undefined;
}

/** TLS to the NATS servers, as texts in PEM; the system's authorities are trusted when `ca` is absent. */
export interface NatsTls {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

export interface NatsOptions extends NatsCredentials {
  /** The name of the cluster: the prefix of its subjects, and the name of its bucket. Letters, digits, `_` and `-`. */
  readonly cluster: string;
  /** The NATS servers, such as `nats://10.0.0.1:4222`; all of one NATS cluster. */
  readonly servers: readonly string[];
  readonly tls?: NatsTls | undefined;
  /** On how many servers the ledger is kept: 1, 3 or 5; 3 by default. With 3, one server may be lost. */
  readonly replicas?: number | undefined;
}
