/** ClusterEngine: how the nodes of a cluster reach each other, and where they decide what must be decided once. */

/** One run of a node: its name for people, and its epoch, 16 random hexadecimal digits, for machines. */
export interface NodeId {
  readonly name: string;
  readonly epoch: string;
}

/** What an engine tells the node that uses it. */
export interface EngineListener {
  /** Bytes for this node. They are lent until the method returns. */
  received(bytes: Uint8Array): void;
  /** The connection to the engine was made, or is lost: what was sent meanwhile may be lost as well. */
  connected(is: boolean): void;
}

/** A change of the ledger. */
export interface LedgerListener {
  /** What was told is out of date: all entries follow once more. */
  reset(): void;
  /** The value of a key, or undefined once it is deleted. Revisions grow, and are the same for all nodes. */
  entry(key: string, value: Uint8Array | undefined, revision: number): void;
  /** Everything that the ledger had at the start has been told. */
  live(): void;
}

/** The last value of each key. Every key has one writer, and all nodes see all changes in one order. */
export interface Ledger {
  /**
   * Writes a value, or deletes the key when it is undefined.
   * @returns a promise that rejects when nobody knows whether it was written: the key must then be written again
   */
  write(key: string, value: Uint8Array | undefined): Promise<void>;
  /** Tells the present state, then `live`, then each change. @returns what ends it */
  follow(listener: LedgerListener): () => void;
}

/**
 * The means of communication of a cluster. `@wamp/cluster-nats` is one.
 *
 * Keys of the ledger consist of `[A-Za-z0-9_=.-]`, and neither begin nor end with a dot.
 */
export interface ClusterEngine {
  /**
   * Connects, and from then on receives for this run of the node. May be called again, with another run, after `close`.
   * @throws Error that says what is missing and what to do about it
   */
  start(self: NodeId, listener: EngineListener): Promise<void>;
  /**
   * Sends to one node: in order while nothing breaks, perhaps not at all, and never twice.
   * @param bytes must not be changed afterwards
   */
  send(to: NodeId, bytes: Uint8Array): void;
  /** Sends to all other nodes. */
  broadcast(bytes: Uint8Array): void;
  /** The same object before, between and after the runs of the node. */
  readonly ledger: Ledger;
  /** The longest message, in bytes. */
  readonly maxMessage: number;
  close(): Promise<void>;
}
