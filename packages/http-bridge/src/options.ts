/** Options of a bridge, and their defaults. */
import type { HttpEntranceOptions, Router } from '@wamp/router';

/** Times in ms, sizes in bytes. */
export interface BridgeOptions extends HttpEntranceOptions {
  /** The realm of the requests. */
  readonly realm: string;
  /** The path below which requests are answered; `/api` by default. Requests for other paths go to the listeners before it. */
  readonly path?: string;
  /** The maximum size of a request body; `limits.messageSize` of the router by default. */
  readonly bodySize?: number;
  /** The time in which a request body has to arrive; 10,000 by default. */
  readonly bodyTimeout?: number;
  /** The time after which a call is canceled, even if its `options.timeout` is longer; 60,000 by default. */
  readonly callTimeout?: number;
  /** The time between two comments on an event stream, which keep proxies from closing it; 15,000 by default. */
  readonly heartbeat?: number;
  /** The time for which the session of a principal is kept after its last request; 60,000 by default. */
  readonly sessionIdle?: number;
  /**
   * The time after which a principal has to log in again with its next request, even if its session is in use; 300,000 by
   * default. A withdrawn ticket may be accepted for this time.
   */
  readonly sessionAge?: number;
  /** The maximum number of principals that have a session at a time; 1,000 by default. */
  readonly sessions?: number;
  /** The name of a cookie that contains the ticket of the principal; none by default. */
  readonly cookie?: string;
}

/** The options of a bridge, with their defaults. */
export type BridgeSettings = Required<Omit<BridgeOptions, keyof HttpEntranceOptions | 'cookie'>> &
  Pick<BridgeOptions, 'cookie'>;

/** @throws TypeError for an invalid path */
export function settingsOf(router: Router, options: BridgeOptions): BridgeSettings {
  const { path = '/api', realm, cookie } = options;
  if (!/^(?:\/[\w.~-]+)+$/.test(path)) {
    throw new TypeError(
      `path: expected one such as /api, without a slash at its end, not ${JSON.stringify(path)}`,
    );
  }
  return {
    realm,
    path,
    bodySize: options.bodySize ?? router.limits.messageSize,
    bodyTimeout: options.bodyTimeout ?? 10_000,
    callTimeout: options.callTimeout ?? 60_000,
    heartbeat: options.heartbeat ?? 15_000,
    sessionIdle: options.sessionIdle ?? 60_000,
    sessionAge: options.sessionAge ?? 300_000,
    sessions: options.sessions ?? 1000,
    ...(cookie === undefined ? {} : { cookie }),
  };
}
