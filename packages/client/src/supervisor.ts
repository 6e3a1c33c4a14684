/** Keeps a session connected: runs attempts, waits between them, and replaces dead connections. */
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
import { KeepAlive, WAKE_TIMEOUT } from './keep-alive.ts';
import type { Listeners } from './listeners.ts';
import type { SessionState } from './session-events.ts';
import { onAbort } from './signal.ts';
import { onWakeUp } from './wake-ups.ts';
import type { Workload } from './workload.ts';

/** The public state for each state of the lifecycle. */
const SHOWN: Readonly<Record<LifecycleState, SessionState>> = {
  idle: 'idle',
  connecting: 'connecting',
  open: 'open',
  waiting: 'reconnecting',
  retrying: 'reconnecting',
  closing: 'closing',
  closed: 'closed',
};

/** Data that accompanies a lifecycle event. */
interface EventData {
  /** How a connection, or the session, ended. */
  readonly ending?: Ending;
  /** The error of a failed attempt. */
  readonly error?: Error;
  readonly joined?: readonly [Connection, Welcome];
}

/** What the supervisor needs of its session. */
export interface SupervisorPort {
  readonly settings: Settings;
  readonly listeners: Listeners;
  readonly workload: Workload;
  readonly connectionPort: Pick<
    ConnectionPort<Connection>,
    'clock' | 'exposeErrors' | 'maxHandlers' | 'gate' | 'report'
  >;
  /** Called when the router has sent WELCOME. */
  opened(connection: Connection, welcome: Welcome): void;
  /** Called when the session has ended. @returns whether any code waited for `ready` */
  over(ending: Ending, failure: Error | undefined): boolean;
}

export class Supervisor {
  readonly #port: SupervisorPort;
  #state: LifecycleState = 'idle';
  /** Events that wait to be processed. */
  readonly #events: (readonly [LifecycleEvent, EventData])[] = [];
  #isBusy = false;
  #connection: Connection | undefined;
  #wasOpen = false;
  /** Whether another connection will replace the current one, which is about to end. */
  #goesOn = false;
  #attempt: AbortController | undefined;
  /** The index of the URL to try first: the one that worked last. */
  #first = 0;
  /** The number of failed attempts since a connection lasted. */
  #failures = 0;
  #refusal: AuthError | undefined;
  /** Whether the failure to reconnect has been logged. */
  #isLogged = false;
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

  /** Called when a connection is needed. */
  wanted(): void {
    if (this.#state === 'idle') this.#happened('wanted');
  }

  /** Called when the connection is not needed any more. */
  unused(): void {
    this.#happened('unused');
  }

  /** Replaces the connection, or makes the next attempt at once. */
  renew(): void {
    if (this.#state === 'idle') this.#happened('wanted');
    else this.#happened('renew');
  }

  /** @param reason the URI that is sent to the router */
  close(reason: Uri): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#closing = reason;
    this.#happened('close', { ending: { reason } });
  }

  /** Processes an event. An event raised while another one is processed is queued behind it. */
  #happened(event: LifecycleEvent, data: EventData = {}): void {
    this.#events.push([event, data]);
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

  readonly #effects: Readonly<Record<Effect, (data: EventData) => void>> = {
    attempt: () => this.#begin(),
    abort: ({ error }) => {
      const reason = error ?? connectionLost({ reason: this.#closing }, false);
      this.#attempt?.abort(reason);
      this.#attempt = undefined;
    },
    wait: (data) => this.#wait(data),
    stopWaiting: () => this.#stopTimer?.(),
    resume: (data) => this.#resume(data),
    suspend: (data) => this.#suspend(data),
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
    end: (data) => this.#end(data),
  };

  #begin(): void {
    const controller = new AbortController();
    const { settings, connectionPort, listeners } = this.#port;
    this.#attempt = controller;
    const context: AuthContext = {
      attempt: this.#failures + 1,
      ...(this.#refusal && { previousFailure: this.#refusal }),
    };
    const port: ConnectionPort<Connection> = {
      ...connectionPort,
      listeners,
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
    // The authenticator is told of the refusal once, since it may have another credential.
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

  #resume({ joined }: EventData): void {
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
        this.#isLogged = false;
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

  /** A joined connection has ended. */
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

  #suspend({ ending }: EventData): void {
    this.#port.workload.suspend();
    if (ending?.error !== undefined) this.#port.listeners.emit('lost', connectionLost(ending, true));
  }

  #drop(): void {
    const connection = this.#connection;
    this.#release();
    connection?.lose('Another connection was asked for.');
    this.#port.workload.suspend();
  }

  #wait({ error, ending }: EventData): void {
    const { settings, listeners } = this.#port;
    const { retry, clock } = settings;
    const cause =
      error ?? ending?.error ?? connectionLost(ending ?? { reason: ErrorUri.NETWORK_FAILURE }, true);
    // No delay after a connection that lasted, or if the authenticator may have another credential.
    const isAtOnce = this.#failures === 0 || retry === undefined || (error ?? ending) === this.#refusal;
    const delay = isAtOnce ? 0 : delayAfter(this.#failures - 1, retry, Math.random);
    this.#stopTimer = clock.after(delay, () => this.#happened('due'));
    if (error !== undefined) this.#logOnce(error);
    listeners.emit('retry', { attempt: this.#failures + 1, delay, cause });
  }

  /** Logs, once per outage, why the session is not connected. */
  #logOnce(error: Error): void {
    const { settings, listeners } = this.#port;
    if (this.#isLogged || listeners.has('retry')) return;
    this.#isLogged = true;
    const places = settings.urls.map(placeOf).join(', ');
    listeners.warn(`WAMP: no connection to ${places}, trying again until there is one:`, error);
  }

  #end({ ending, error }: EventData): void {
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
    // If the application is not notified otherwise, log the error, because the process may exit now.
    if (last.error !== undefined && this.#port.settings.retry !== undefined && !isHeard)
      listeners.report(last.error);
  }
}

/**
 * Whether to end without another attempt: after a violation of the protocol, or if the session was killed or closed
 * for a reason of the application.
 */
function isFinal(reason: string, error: Error): boolean {
  return error instanceof ProtocolError || reason === CloseUri.KILLED || !reason.startsWith('wamp.');
}
