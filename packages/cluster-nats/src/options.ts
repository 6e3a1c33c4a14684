/** The options of the engine on NATS. */

/** Credentials for NATS, of one kind at most. */
export interface NatsCredentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** The seed of an nkey, which begins with `SU`. */
  readonly nkeySeed?: string | undefined;
  /** The contents of a credentials file. */
  readonly credentials?: string | undefined;
}

/** TLS to the NATS servers, in PEM format. Without `ca`, the certificate authorities of the system are trusted. */
export interface NatsTls {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

export interface NatsOptions extends NatsCredentials {
  /** The name of the cluster: the prefix of its subjects, and the name of its bucket. 1 to 64 letters, digits, `_` or `-`. */
  readonly cluster: string;
  /** The NATS servers, such as `nats://10.0.0.1:4222`; all of one NATS cluster. */
  readonly servers: readonly string[];
  readonly tls?: NatsTls | undefined;
  /** The number of servers that keep the ledger: 1, 3 or 5; 3 by default. With 3, the ledger survives the loss of one. */
  readonly replicas?: number | undefined;
}
