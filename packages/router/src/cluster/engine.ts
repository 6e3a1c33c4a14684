/** ClusterEngine: carries messages between the nodes of a cluster, and keeps the ledger of their common decisions. */

/** One run of a node: the configured name of the node, and the epoch of the run, 16 random hexadecimal digits. */
export interface NodeId {
  readonly name: string;
  readonly epoch: string;
}

/** The callbacks of the node that uses an engine. */
export interface EngineListener {
  /** Called with a message for this node. The bytes are valid until the method returns. */
  received(bytes: Uint8Array): void;
  /** Called when the connection is lost (false) or established again (true). Messages sent in between may be lost. */
  connected(is: boolean): void;
}

/** The callbacks of code that follows the ledger. */
export interface LedgerListener {
  /** Called when the entries so far are out of date; all entries are then delivered again. */
  reset(): void;
  /** Called with the value of a key, undefined when it was deleted. Revisions increase, and are the same for all nodes. */
  entry(key: string, value: Uint8Array | undefined, revision: number): void;
  /** Called when all entries that the ledger had at the start have been delivered. */
  live(): void;
}

/** The last value of each key. Every key has one writer, and all nodes see all changes in one order. */
export interface Ledger {
  /**
   * Writes a value, or deletes the key when it is undefined.
   * @returns a promise that rejects when it is unknown whether the value was written: the caller then writes the key again
   */
  write(key: string, value: Uint8Array | undefined): Promise<void>;
  /** Delivers the current entries, calls `live`, then delivers each change. @returns a function that ends this */
  follow(listener: LedgerListener): () => void;
}

/**
 * The means of communication of a cluster. `@wamp/cluster-nats` is one.
 *
 * Keys of the ledger consist of `[A-Za-z0-9_=.-]`, and neither begin nor end with a dot.
 */
export interface ClusterEngine {
  /**
   * Connects, and from then on receives messages for this run of the node. After `close`, it may be called with another run.
   * @throws Error that says what is missing and what to do about it
   */
  start(self: NodeId, listener: EngineListener): Promise<void>;
  /**
   * Sends a message to one node. Messages arrive in order while the connection lasts; they may be lost, but never arrive twice.
   * @param bytes the message, which must not be changed afterwards
   */
  send(to: NodeId, bytes: Uint8Array): void;
  /** Sends a message to all other nodes. */
  broadcast(bytes: Uint8Array): void;
  /** The ledger: the same object before, between and after the runs of the node. */
  readonly ledger: Ledger;
  /** The longest message, in bytes. */
  readonly maxMessage: number;
  close(): Promise<void>;
}
