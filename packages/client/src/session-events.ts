/** The events of a session. */
import type { Id, Kwargs } from '@wamp/protocol';
import type { Restored } from './core/restoration.ts';
import type { Ending } from './ending.ts';
import type { ConnectionLostError } from './errors.ts';

/**
 * The state of a session: `idle`, a lazy session without a connection; `connecting`, before its first connection;
 * `reconnecting`, after it has lost one.
 */
export type SessionState = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'closing' | 'closed';

/** The events that a session emits to the listeners of `on`. */
export interface SessionEvents {
  /** The state has changed. */
  state: SessionState;
  /** A connection is open. */
  open: {
    /** The session id, which is new on each connection. */
    readonly id: Id;
    /** Whether this is a reconnect: handles are being restored then. */
    readonly resumed: boolean;
    /** WELCOME.Details, as received. */
    readonly details: Kwargs;
  };
  /** The connection was lost, not closed from here. */
  lost: ConnectionLostError;
  /**
   * An attempt failed, or the connection was lost; the next attempt follows in `delay` ms. Attempts count from 1, and
   * include connections that did not last (`resetAfter`).
   */
  retry: { readonly attempt: number; readonly delay: number; readonly cause: Error };
  /** The router has answered for all handles that had to be restored. */
  restored: Restored;
  /** The session has ended. */
  close: Ending;
  /** A message was received or is about to be sent. For debugging and tools. */
  frame: {
    readonly dir: 'in' | 'out';
    /** The list that it is on the wire. */
    readonly message: readonly unknown[];
    /** Its encoded length. */
    readonly bytes: number;
    /** The time, in milliseconds since 1970. */
    readonly at: number;
  };
  /** A handler threw, or the router refused a request that has no waiting promise. */
  error: Error;
}

/** An event of a session but `frame`, with its name. */
export type SessionStatus = {
  readonly [E in Exclude<keyof SessionEvents, 'frame'>]: {
    readonly type: E;
    readonly event: SessionEvents[E];
  };
}[Exclude<keyof SessionEvents, 'frame'>];
