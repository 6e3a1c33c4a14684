/** Options of a bridge, and their defaults. */
import type { HttpEntranceOptions, Router } from '@wamp/router';

/** Times in ms, sizes in bytes. */
export interface BridgeOptions extends HttpEntranceOptions {
  /** The realm that requests are for. */
  readonly realm: string;
  /** The path below which requests are answered; `/api` by default. Requests for other paths go to the listeners before it. */
  readonly path?: string;
  /** The longest body of a request; `limits.messageSize` of the router by default. */
  readonly bodySize?: number;
  /** The time that a body may take to arrive; 10,000 by default. */
  readonly bodyTimeout?: number;
  /** The longest time of a call, whatever its `options.timeout` says; 60,000 by default. The call is canceled then. */
  readonly callTimeout?: number;
  /** The time between two comments on an event stream, which keep proxies from closing it; 15,000 by default. */
  readonly heartbeat?: number;
  /** How long the session of a principal stays after its last request; 60,000 by default. */
  readonly sessionIdle?: number;
  /**
   * After how long a principal has to log in again at its next request, however often its session is used; 300,000 by
   * default. So long a ticket that was withdrawn may still be accepted.
   */
  readonly sessionAge?: number;
  /** How many principals may have a session at a time; 1,000 by default. */
  readonly sessions?: number;
  /** The name of a cookie that has the ticket of the principal; none by default. */
  readonly cookie?: string;
}

/** The settings of a bridge, all of them. */
export type BridgeSettings = Required<Omit<BridgeOptions, keyof HttpEntranceOptions | 'cookie'>> &
  Pick<BridgeOptions, 'cookie'>;

/** @throws TypeError for a path that cannot be one */
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
