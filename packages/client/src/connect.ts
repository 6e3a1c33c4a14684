/** `connect` and `createSession`: open a session from a URL and options. */
import type { BoundContract } from './binding.ts';
import { systemClock } from './clock.ts';
import { ClientSession } from './client-session.ts';
import {
  COMMON,
  LAZY,
  type CommonOptions,
  type LazyOptions,
  type Settings,
  type Url,
} from './connect-options.ts';
import type { Untyped } from './contract.ts';
import type { Validate } from './definition.ts';
import { ConnectError } from './errors.ts';
import { checkOptions, demand, having, oneOf, TEXT, type Rules } from './options.ts';
import type { Session } from './session.ts';
import { startAt, type EntryPoint } from './stack.ts';

/** Options of `connect`. Type parameter `C` is the contract, if there is one. */
export interface ConnectOptions<C = Untyped> extends CommonOptions {
  /** The contract, which types procedures and topics: see `defineContract` of `@wamp/client/contract`. */
  readonly contract?: BoundContract<C> | undefined;
  /** What is checked against the schemas of the contract. Default: `incoming`, what this client receives. */
  readonly validate?: Validate | undefined;
}

/** Options of `createSession`, which returns a session before it is connected. */
export interface SessionOptions<C = Untyped> extends ConnectOptions<C>, LazyOptions {}

const CONNECT: Rules<ConnectOptions<unknown>> = {
  ...COMMON,
  contract: having('a contract, such as defineContract(…)', '~open'),
  validate: oneOf('incoming', 'both', 'off'),
};
const SESSION: Rules<SessionOptions<unknown>> = { ...CONNECT, ...LAZY };

/**
 * Connects to a router and joins a realm. When the connection is lost, the session reconnects by itself: see {@link
 * CommonOptions.reconnect}. If several URLs are given, they are tried in order.
 *
 * @example await using session = await connect('wss://example.com/ws', { realm: 'realm1' });
 * @typeParam C the contract: an interface that types procedures and topics, see {@link Session}
 * @throws AuthError if authentication fails; ConnectError if the router refuses for another reason (the URI is that
 *   of its ABORT), cannot be reached (`wamp.error.network_failure`) or does not answer in time
 *   (`wamp.error.timeout`); the reason of `signal`; TypeError if no URL is given
 */
export async function connect<C = Untyped>(
  url: Url | readonly Url[],
  options: ConnectOptions<C>,
): Promise<Session<C>> {
  check('connect', CONNECT, options, connect);
  options.signal?.throwIfAborted();
  const session = opened(url, options, false);
  try {
    await session.ready;
    if (options.signal?.aborted === true) void session.close();
    options.signal?.throwIfAborted();
  } catch (error) {
    if (error instanceof ConnectError) startAt(error, connect);
    throw error;
  }
  // The contract exists at compile time only, so it cannot be checked here.
  return session as unknown as Session<C>;
}

/**
 * Creates a session that connects by itself and can be used at once: requests made before it is connected wait for
 * the connection. `ready` resolves when it is open.
 *
 * @example const session = createSession('wss://example.com/ws', { realm: 'realm1', lazy: true });
 * @typeParam C the contract, see {@link Session}
 * @throws TypeError for invalid options
 */
export function createSession<C = Untyped>(
  url: Url | readonly Url[],
  options: SessionOptions<C>,
): Session<C> {
  check('createSession', SESSION, options, createSession);
  return opened(url, options, true) as unknown as Session<C>;
}

/** @throws TypeError for an unknown option or an invalid value */
function check(name: string, rules: Rules, options: SessionOptions<unknown>, entry: EntryPoint): void {
  checkOptions(name, rules, options, entry);
  demand(TEXT, options.realm, `Option realm of ${name}`, entry);
}

/** @param waits the default of `reconnect.waitForFirst` */
function opened(
  url: Url | readonly Url[],
  { contract, validate = 'incoming', ...options }: SessionOptions<unknown>,
  waits: boolean,
): ClientSession {
  const settings = settingsOf(url, options, waits);
  return contract?.['~open'](settings, validate) ?? new ClientSession(settings);
}

function settingsOf(
  url: Url | readonly Url[],
  options: CommonOptions & LazyOptions,
  waits: boolean,
): Settings {
  const { reconnect = true } = options;
  const given = typeof reconnect === 'object' ? reconnect : {};
  const { min = 250, max = 30_000, factor = 2, jitter = 'full' } = given;
  const { attempts = Infinity, resetAfter = 5_000 } = given;
  return {
    ...options,
    urls: Array.isArray(url) && url.length > 0 ? (url as readonly Url[]) : [url as Url],
    connectTimeout: options.connectTimeout ?? 30_000,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? console,
    retry: reconnect === false ? undefined : { min, max, factor, jitter, attempts, resetAfter },
    waitForFirst: given.waitForFirst ?? waits,
    shouldRetry: given.shouldRetry ?? (() => true),
  };
}
