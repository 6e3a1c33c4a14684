/** The interface of each client library in the benchmark. */

export interface Client {
  /** Resolves with the first value of the result. */
  call(procedure: string, args: readonly unknown[]): Promise<unknown>;
  /** Registers a procedure that returns its first argument; calls `served` for each invocation. */
  echo(procedure: string, served: () => void): Promise<void>;
  /** Subscribes; calls `heard` for each event. */
  subscribe(topic: string, heard: () => void): Promise<void>;
}

/** Joins realm `realm1` as anonymous, over WebSocket and JSON. */
export type Join = (url: string) => Promise<Client>;
