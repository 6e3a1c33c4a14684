/** How a session, a subscription or a registration ended. */

/** How a session, a subscription or a registration ended. */
export interface Ending {
  /**
   * The URI of the GOODBYE or ABORT that ended the session, or `wamp.error.network_failure` if its transport failed;
   * for a handle also `unsubscribed`, `unregistered`, or the router's reason for revoking it.
   */
  readonly reason: string;
  /** Set if the end was a failure. */
  readonly error?: Error;
}
