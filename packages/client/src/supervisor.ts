/** Keeps a session connected: runs attempts, waits between them, and notices when the path falls silent. */
import { CloseUri, ErrorUri, type Uri, type Welcome } from '@wamp/protocol';
import type { AuthContext } from './auth/authenticator.ts';
import { attempt, isFatal, placeOf } from './attempt.ts';
import { delayAfter } from './backoff.ts';
import type { Settings } from './connect-options.ts';
import type { Connection } from './connection.ts';
import type { ConnectionPort } from './connection-port.ts';
import { LIFECYCLE, type Effect, type LifecycleEvent, type LifecycleState } from './core/lifecycle.ts';
import type { Ending } from './ending.ts';
import { AuthError, connectionLost, ProtocolError, toError, WampError } from './errors.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Listeners } from './listeners.ts';
import type { SessionState } from './session-events.ts';
import { onAbort } from './signal.ts';
import { onWakeUp } from './wake-ups.ts';
import type { Workload } from './workload.ts';

/** Where a session stands, as the application sees it. */
const SHOWN: Readonly<Record<LifecycleState, SessionState>> = {
  idle: 'idle',
  connecting: 'connecting',
  open: 'open',
  waiting: 'reconnecting',
  retrying: 'reconnecting',
  closing: 'closing',
  closed: 'closed',
};

/** After a wake-up, the router has so long (ms) to show that it is there. */
const WAKE_TIMEOUT = 5_000;

/** What an event tells besides its name. */
interface Tidings {
  /** How a connection, or the session, ended. */
  readonly ending?: Ending;
  /** What an attempt failed with. */
  readonly error?: Error;
  readonly joined?: readonly [Connection, Welcome];
}

/** What it needs of its session. */
export interface SupervisorPort {
  readonly settings: Settings;
  readonly listeners: Listeners;
  readonly workload: Workload;
  readonly connectionPort: Pick<
    ConnectionPort<Connection>,
    'clock' | 'exposeErrors' | 'maxHandlers' | 'gate' | 'report'
  >;
  /** The router has let us in. */
  opened(connection: Connection, welcome: Welcome): void;
  /** It is over. @returns whether anybody waited for it to be open */
  over(ending: Ending, failure: Error | undefined): boolean;
}

export class Supervisor {
  readonly #port: SupervisorPort;
  #state: LifecycleState = 'idle';
  /** What has happened and is not dealt with. */
  readonly #events: (readonly [LifecycleEvent, Tidings])[] = [];
  #isBusy = false;
  #connection: Connection | undefined;
  #wasOpen = false;
  /** Whether there is to be another connection after this one, which is about to end. */
  #goesOn = false;
  #attempt: AbortController | undefined;
  /** At which URL the next attempt begins: where the last one came through. */
  #first = 0;
  /** How many attempts have failed since there was a connection that lasted. */
  #failures = 0;
  #refusal: AuthError | undefined;
  /** Whether the log tells that we wait. */
  #saidSo = false;
  #stopTimer: (() => void) | undefined;
  #stopUptime: (() => void) | undefined;
  #keepAlive: KeepAlive | undefined;
  #closing: Uri = CloseUri.CLOSE_REALM;
  readonly #stopListening: () => void;
  readonly #stopWaking: () => void;

  constructor(port: SupervisorPort) {
    const { signal } = port.settings;
    this.#port = port;
    this.#stopListening = onAbort(signal, (error) => this.#happened('refused', { error }));
    this.#stopWaking = onWakeUp(() => this.#happened('wake'));
  }

  get state(): SessionState {
    return SHOWN[this.#state];
  }

  /** The router is needed. */
  wanted(): void {
    if (this.#state === 'idle') this.#happened('wanted');
  }

  /** Nobody needs the router. */
  unused(): void {
    this.#happened('unused');
  }

  /** Gives the connection up for another one, or does not wait for the next attempt. */
  renew(): void {
    if (this.#state === 'idle') this.#happened('wanted');
    else this.#happened('renew');
  }

  /** @param reason that the router is told */
  close(reason: Uri): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#closing = reason;
    this.#happened('close', { ending: { reason } });
  }

  /** What happens during the consequences of something else is dealt with after them. */
  #happened(event: LifecycleEvent, tidings: Tidings = {}): void {
    this.#events.push([event, tidings]);
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      const [state, ...effects] = LIFECYCLE[this.#state][next[0]] ?? [this.#state];
      this.#become(state);
      for (const effect of effects) this.#effects[effect](next[1]);
    }
    this.#isBusy = false;
  }

  #become(state: LifecycleState): void {
    const shown = this.state;
    this.#state = state;
    if (shown !== this.state) this.#port.listeners.emit('state', this.state);
  }

  readonly #effects: Readonly<Record<Effect, (tidings: Tidings) => void>> = {
    attempt: () => this.#begin(),
    abort: ({ error }) => {
      const reason = error ?? connectionLost({ reason: this.#closing }, false);
      this.#attempt?.abort(reason);
      this.#attempt = undefined;
    },
    wait: (tidings) => this.#wait(tidings),
    stopWaiting: () => this.#stopTimer?.(),
    resume: (tidings) => this.#resume(tidings),
    suspend: (tidings) => this.#suspend(tidings),
    drop: () => this.#drop(),
    probe: () => this.#keepAlive?.probe(WAKE_TIMEOUT),
    leave: () => {
      const connection = this.#connection;
      this.#release();
      this.#port.workload.suspend();
      connection?.close(CloseUri.CLOSE_REALM);
    },
    goodbye: () => {
      this.#keepAlive?.stop();
      this.#connection?.close(this.#closing);
      this.#port.workload.end({ reason: this.#closing });
    },
    end: (tidings) => this.#end(tidings),
  };

  #begin(): void {
    const controller = new AbortController();
    const { settings, connectionPort } = this.#port;
    this.#attempt = controller;
    const context: AuthContext = {
      attempt: this.#failures + 1,
      ...(this.#refusal && { previousFailure: this.#refusal }),
    };
    const port: ConnectionPort<Connection> = {
      ...connectionPort,
      joined: (connection, welcome) => this.#happened('welcomed', { joined: [connection, welcome] }),
      survives: (ending) => this.#survives(ending),
      ended: (connection, ending) => this.#lost(connection, ending),
    };
    attempt({ settings, port, signal: controller.signal, context, first: this.#first }).then(
      (first) => {
        this.#first = first;
      },
      (error: unknown) => {
        if (this.#attempt === controller) this.#failed(toError(error));
      },
    );
  }

  #failed(error: Error): void {
    this.#attempt = undefined;
    const { retry, waitForFirst } = this.#port.settings;
    this.#failures += 1;
    const isRefused = error instanceof AuthError && error.fatal && error.cause === undefined;
    // Once, whoever says who we are hears of it, and may have something else to say.
    const mayRenew = isRefused && this.#refusal === undefined && this.#isRenewable;
    if (isRefused) this.#refusal = error;
    if (retry !== undefined && mayRenew) this.#happened('failed', { error });
    else {
      const goesOn = retry !== undefined && (this.#wasOpen || waitForFirst);
      this.#happened(goesOn && !isFatal(error) && this.#mayRetry(error) ? 'failed' : 'refused', { error });
    }
  }

  get #isRenewable(): boolean {
    const { auth } = this.#port.settings;
    if (auth === undefined) return false;
    return typeof auth === 'function' || [auth].flat().some(({ isFixed }) => isFixed !== true);
  }

  #mayRetry(error: Error): boolean {
    const { retry, shouldRetry } = this.#port.settings;
    if (this.#failures >= (retry?.attempts ?? 0)) return false;
    try {
      return shouldRetry(error, this.#failures);
    } catch (thrown) {
      this.#port.listeners.report(toError(thrown));
      return false;
    }
  }

  #resume({ joined }: Tidings): void {
    if (joined === undefined) return;
    const [connection, welcome] = joined;
    const { listeners, workload, settings } = this.#port;
    const { keepAlive, clock, retry } = settings;
    const resumed = this.#wasOpen;
    this.#attempt = undefined;
    this.#connection = connection;
    this.#wasOpen = true;
    this.#refusal = undefined;
    this.#stopListening();
    if (retry !== undefined) {
      this.#stopUptime = clock.after(retry.resetAfter, () => {
        this.#failures = 0;
        this.#saidSo = false;
        this.#stopUptime = undefined;
      });
    }
    if (keepAlive !== false) {
      const { idle = 25_000, timeout = 10_000 } = keepAlive ?? {};
      this.#keepAlive = new KeepAlive(connection, { idle, timeout }, clock);
    }
    this.#port.opened(connection, welcome);
    workload.resume(connection, resumed);
    listeners.emit('open', { id: welcome.session, resumed, details: { ...welcome.details } });
  }

  #survives({ reason, error }: Ending): boolean {
    const { retry } = this.#port.settings;
    if (retry === undefined || this.#state === 'closing') return false;
    this.#goesOn =
      this.#state !== 'open' || (error !== undefined && !isFinal(reason, error) && this.#mayRetry(error));
    return this.#goesOn;
  }

  /** A connection that was joined is over. */
  #lost(connection: Connection, ending: Ending): void {
    if (connection !== this.#connection) return;
    const goesOn = this.#goesOn && this.#state === 'open';
    this.#release();
    this.#happened(goesOn ? 'lost' : 'ended', { ending });
  }

  #release(): void {
    this.#connection = undefined;
    this.#keepAlive?.stop();
    this.#keepAlive = undefined;
    if (this.#stopUptime !== undefined) this.#failures += 1;
    this.#stopUptime?.();
    this.#stopUptime = undefined;
  }

  #suspend({ ending }: Tidings): void {
    this.#port.workload.suspend();
    if (ending?.error !== undefined) this.#port.listeners.emit('lost', connectionLost(ending, true));
  }

  #drop(): void {
    const connection = this.#connection;
    this.#release();
    connection?.lose('Another connection was asked for.');
    this.#port.workload.suspend();
  }

  #wait({ error, ending }: Tidings): void {
    const { settings, listeners } = this.#port;
    const { retry, clock } = settings;
    const cause =
      error ?? ending?.error ?? connectionLost(ending ?? { reason: ErrorUri.NETWORK_FAILURE }, true);
    // At once after a connection that has lasted, and after a refusal that an authenticator may know a way out of.
    const isAtOnce = this.#failures === 0 || retry === undefined || (error ?? ending) === this.#refusal;
    const delay = isAtOnce ? 0 : delayAfter(this.#failures - 1, retry, Math.random);
    this.#stopTimer = clock.after(delay, () => this.#happened('due'));
    if (error !== undefined) this.#saySo(error);
    listeners.emit('retry', { attempt: this.#failures + 1, delay, cause });
  }

  /** Once for each time without a connection, the log tells why nothing happens. */
  #saySo(error: Error): void {
    const { settings, listeners } = this.#port;
    if (this.#saidSo || listeners.has('retry')) return;
    this.#saidSo = true;
    const places = settings.urls.map(placeOf).join(', ');
    listeners.warn(`WAMP: no connection to ${places}, trying again until there is one:`, error);
  }

  #end({ ending, error }: Tidings): void {
    const { workload, listeners } = this.#port;
    const last: Ending = ending ?? {
      reason: WampError.is(error) ? error.uri : ErrorUri.CANCELED,
      ...(error && { error }),
    };
    this.#stopTimer?.();
    this.#release();
    this.#stopListening();
    this.#stopWaking();
    workload.end(last);
    listeners.emit('close', last);
    const isAwaited = this.#port.over(last, error);
    const isHeard = isAwaited || listeners.has('close') || listeners.has('lost');
    // Where nobody is told, the log says why the application may end now.
    if (last.error !== undefined && this.#port.settings.retry !== undefined && !isHeard)
      listeners.report(last.error);
  }
}

/** Whether another connection would end the same way, or is not wanted: a reason of its own, only an application gives. */
function isFinal(reason: string, error: Error): boolean {
  return error instanceof ProtocolError || reason === CloseUri.KILLED || !reason.startsWith('wamp.');
}
