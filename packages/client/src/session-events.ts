/** What a session tells of itself. */
import type { Id, Kwargs } from '@wamp/protocol';
import type { Restored } from './core/restoration.ts';
import type { Ending } from './ending.ts';
import type { ConnectionLostError } from './errors.ts';

/**
 * Where a session stands: `idle` is a lazy one that needs nothing, `connecting` one that has no connection yet,
 * `reconnecting` one that has lost it and will have another.
 */
export type SessionState = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'closing' | 'closed';

/** What a session tells of itself, to the listeners of `on`. */
export interface SessionEvents {
  /** It stands elsewhere now. */
  state: SessionState;
  /** There is a connection. */
  open: {
    /** The id of the session at the router, another one on each connection. */
    readonly id: Id;
    /** Whether there was a connection before: handles are being restored then. */
    readonly resumed: boolean;
    /** WELCOME.Details, as they came. */
    readonly details: Kwargs;
  };
  /** The connection went without having been closed from here. */
  lost: ConnectionLostError;
  /**
   * An attempt has failed, or the connection was lost: the next attempt is `delay` ms away. They are counted from 1, together
   * with connections that did not last (`resetAfter`).
   */
  retry: { readonly attempt: number; readonly delay: number; readonly cause: Error };
  /** The router has answered for all handles that had to be restored. */
  restored: Restored;
  /** It is over. */
  close: Ending;
  /** A handler threw, or the router refused something that nobody waits for. */
  error: Error;
}

/** An event of a session, with its name. */
export type SessionStatus = {
  readonly [E in keyof SessionEvents]: { readonly type: E; readonly event: SessionEvents[E] };
}[keyof SessionEvents];
