/** How what an application holds ended. */

/** How a session, a subscription or a registration ended. */
export interface Ending {
  /**
   * The URI of the GOODBYE or ABORT that ended the session, `wamp.error.network_failure` when its
   * transport broke; for a handle also `unsubscribed`, `unregistered`, or why the router revoked it.
   */
  readonly reason: string;
  /** Set when the end was not asked for. */
  readonly error?: Error;
}
