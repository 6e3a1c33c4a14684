/** What happens in a router, for logs, audits and administration: typed events with codes that do not change. */
import type { Id, Uri } from '@wamp/protocol';
import { Hook } from './core/hook.ts';
import type { QuotaName } from './core/quotas.ts';
import type { LimitName } from './limits.ts';

/** A connection, as long as the router lives. */
interface OfConnection {
  /** Connections are numbered as they come: 1, 2, 3 … */
  readonly connection: number;
  /** How it is connected: `websocket`, `rawsocket`, `longpoll`, `in-memory`, or what `router.open` was told. */
  readonly transport: string;
  /** The IP address of the client, or what a trusted proxy says it is; undefined where there is none. */
  readonly address: string | undefined;
}

/** A session; its id is unique in its realm while it lives. */
interface OfSession {
  readonly realm: Uri;
  readonly session: Id;
}

/** A client is connected, and has not said HELLO yet. */
export interface ConnectionOpened extends OfConnection {
  readonly code: 'connection_opened';
}

/** Who ended a connection: `transport` when it broke, or was closed without a word. */
export type EndedBy = 'client' | 'router' | 'transport';

/** A connection is over. */
export interface ConnectionClosed extends OfConnection {
  readonly code: 'connection_closed';
  readonly by: EndedBy;
  /**
   * The URI of ABORT or GOODBYE; `ping_timeout` for a client that gave no sign of life, `idle_timeout` for a long-poll client
   * that asked for nothing; otherwise, what the transport says.
   */
  readonly reason: string;
  /** The session that it had; undefined when its client never joined. */
  readonly realm: Uri | undefined;
  readonly session: Id | undefined;
}

/** A client has authenticated; WELCOME has been sent. */
export interface LoginAccepted extends OfConnection, OfSession {
  readonly code: 'login_accepted';
  readonly method: string;
  readonly authid: string;
  readonly authrole: string;
}

/** A client is not let in. */
export interface LoginRefused extends OfConnection {
  readonly code: 'login_refused';
  /** Undefined when the realm is not one of this router. */
  readonly realm: Uri | undefined;
  /** Undefined when it came to none. */
  readonly method: string | undefined;
  /** Who the client says it is; nothing of it is proved. */
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

/** A session has left; what it held is gone. */
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

/** A limit was met (docs/limits.md). */
export interface LimitMet {
  readonly code: 'limit_met';
  readonly limit: LimitName | QuotaName;
  /** The realm that has the limit; undefined for those of the router. */
  readonly realm: Uri | undefined;
  /** 1, or the bytes of `bytes_discarded`. */
  readonly amount: number;
}

/** A session read too slowly, and events for it were dropped. */
export interface SlowConsumerEvent extends OfSession {
  readonly code: 'slow_consumer';
  /** How many since this was last told of the session. */
  readonly dropped: number;
}

/** What happens in a router; `code` tells the kinds apart. */
export type RouterEvent =
  | ConnectionOpened
  | ConnectionClosed
  | LoginAccepted
  | LoginRefused
  | SessionJoined
  | SessionLeft
  | AuthorizationDenied
  | LimitMet
  | SlowConsumerEvent;

/** The kinds of events. Codes are stable: new ones may come, and those that are there keep their meaning. */
export type EventCode = RouterEvent['code'];

/** Where events can be listened to. */
export interface EventSource {
  /**
   * Calls `listener` with each event from now on, at once and on the stack of what happens: it should be short, and leave
   * the rest for later. When it throws, that is logged, and others hear the event all the same.
   * @returns what ends that
   */
  on(listener: (event: RouterEvent) => void): () => void;
}

/** The events of one router. */
export class RouterEvents implements EventSource {
  readonly #hook = new Hook<[RouterEvent]>();
  readonly #failed: (error: unknown) => void;

  /** @param failed is told what a listener has thrown */
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
