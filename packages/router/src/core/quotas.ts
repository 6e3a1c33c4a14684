/** How much of a realm one session may take. */

/** Beyond a quota, requests are refused with `wamp.error.limit_exceeded`. */
export interface Quotas {
  readonly subscriptions: number;
  readonly registrations: number;
  /** Calls that the session waits for. */
  readonly calls: number;
  /** Invocations that the session is to answer. */
  readonly invocations: number;
}

export const DEFAULT_QUOTAS: Quotas = {
  subscriptions: 10_000,
  registrations: 10_000,
  calls: 10_000,
  invocations: 10_000,
};
