/** The events of a router, for logs, audits and administration: typed, with codes that do not change. */
import type { Id, Uri } from '@wamp/protocol';
import { Hook } from './core/hook.ts';
import type { QuotaName } from './core/quotas.ts';
import type { LimitName } from './limits.ts';

/** The connection that an event is about. */
interface OfConnection {
  /** The number of the connection, in the order in which they were opened: 1, 2, 3 … */
  readonly connection: number;
  /** The type of transport: `websocket`, `rawsocket`, `longpoll`, `in-memory`, or the type given to `router.open`. */
  readonly transport: string;
  /** The IP address of the client, as the router sees it or a trusted proxy reports it; undefined if there is none. */
  readonly address: string | undefined;
}

/** The session that an event is about; its id is unique in its realm while the session exists. */
interface OfSession {
  readonly realm: Uri;
  readonly session: Id;
}

/** A client has connected, and has not sent HELLO yet. */
export interface ConnectionOpened extends OfConnection {
  readonly code: 'connection_opened';
}

/** Which side ended a connection: `transport` when it broke, or was closed without ABORT or GOODBYE. */
export type EndedBy = 'client' | 'router' | 'transport';

/** A connection has ended. */
export interface ConnectionClosed extends OfConnection {
  readonly code: 'connection_closed';
  readonly by: EndedBy;
  /**
   * The URI of ABORT or GOODBYE; `ping_timeout` for a client that gave no sign of life; `idle_timeout` for a long-poll client
   * that did not poll; otherwise, the reason that the transport gives.
   */
  readonly reason: string;
  /** The realm of its session; undefined when the client never joined. */
  readonly realm: Uri | undefined;
  readonly session: Id | undefined;
}

/** A client has authenticated; WELCOME has been sent. */
export interface LoginAccepted extends OfConnection, OfSession {
  readonly code: 'login_accepted';
  readonly method: string;
  readonly authid: string;
  readonly authrole: string;
  /** The realm in HELLO, where its authenticator has named another one; otherwise absent. */
  readonly loginRealm?: Uri;
}

/** The log-in of a client was refused. */
export interface LoginRefused extends OfConnection {
  readonly code: 'login_refused';
  /** The realm; undefined when this router does not have it. */
  readonly realm: Uri | undefined;
  /** The authentication method; undefined when the log-in was refused before one was chosen. */
  readonly method: string | undefined;
  /** The authid that the client claims, unproved. */
  readonly authid: string | undefined;
  /** The URI of ABORT. */
  readonly reason: Uri;
  readonly message: string;
}

/** A session has joined its realm, over a connection or within the process. */
export interface SessionJoined extends OfSession {
  readonly code: 'session_joined';
  readonly authid: string;
  readonly authrole: string;
}

/** A session has left; its registrations, subscriptions and calls have been removed. */
export interface SessionLeft extends OfSession {
  readonly code: 'session_left';
}

/** A request was refused because its session may not make it, or because the authorizer gave no answer. */
export interface AuthorizationDenied extends OfSession {
  readonly code: 'authorization_denied';
  readonly action: 'call' | 'register' | 'publish' | 'subscribe';
  /** The procedure or topic. */
  readonly uri: Uri;
  /** The URI of ERROR: `wamp.error.not_authorized` or `wamp.error.authorization_failed`. */
  readonly reason: Uri;
}

/** A realm was created from a template, for the client that joins it. */
export interface RealmOpened {
  readonly code: 'realm_opened';
  readonly realm: Uri;
  /** The pattern of the template. */
  readonly template: Uri;
}

/** A realm that was created from a template has been removed. */
export interface RealmClosed {
  readonly code: 'realm_closed';
  readonly realm: Uri;
  readonly template: Uri;
  /**
   * `idle` when nobody joined for so long; `room_needed` when it was idle and another one was created; `template_removed`
   * with its template; `removed` by `router.removeRealm`.
   */
  readonly why: 'idle' | 'room_needed' | 'template_removed' | 'removed';
}

/** A limit was met (docs/limits.md). */
export interface LimitMet {
  readonly code: 'limit_met';
  readonly limit: LimitName | QuotaName;
  /** The realm that has the limit; undefined for a limit of the router. */
  readonly realm: Uri | undefined;
  /** 1; for `bytes_discarded`, the number of bytes. */
  readonly amount: number;
}

/** A session read too slowly, and events for it were dropped. */
export interface SlowConsumerEvent extends OfSession {
  readonly code: 'slow_consumer';
  /** The number of events dropped since the last such event about the session. */
  readonly dropped: number;
}

/** An event of a router; `code` distinguishes the kinds. */
export type RouterEvent =
  | ConnectionOpened
  | ConnectionClosed
  | LoginAccepted
  | LoginRefused
  | SessionJoined
  | SessionLeft
  | RealmOpened
  | RealmClosed
  | AuthorizationDenied
  | LimitMet
  | SlowConsumerEvent;

/** The kinds of events. Codes are stable: new ones may be added, and existing ones keep their meaning. */
export type EventCode = RouterEvent['code'];

/** A source of events. */
export interface EventSource {
  /**
   * Calls `listener` synchronously with each event from now on, so it should be quick, and defer longer work. An error that
   * it throws is logged, and does not affect other listeners.
   * @returns a function that removes the listener
   */
  on(listener: (event: RouterEvent) => void): () => void;
}

/** The events of one router. */
export class RouterEvents implements EventSource {
  readonly #hook = new Hook<[RouterEvent]>();
  readonly #failed: (error: unknown) => void;

  /** @param failed called with each error that a listener throws */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  on(listener: (event: RouterEvent) => void): () => void {
    return this.#hook.on((event) => {
      try {
        listener(event);
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  emit(event: RouterEvent): void {
    this.#hook.emit(event);
  }
}
