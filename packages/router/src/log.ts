/** The log of a router: levels, codes and facts of its entries. */

/** How serious a log entry is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * What a log entry is about (table in docs/operations.md). Codes are stable: new ones may be added, and existing ones
 * keep their meaning. Entries about a `RouterEvent` have the code of the event.
 */
export type LogCode =
  | 'accept_failed'
  | 'authentication_failed'
  | 'authorization_denied'
  | 'cluster_connected'
  | 'cluster_disconnected'
  | 'cluster_entry_failed'
  | 'cluster_expelled'
  | 'cluster_isolated'
  | 'cluster_join_failed'
  | 'cluster_joined'
  | 'cluster_node_joined'
  | 'cluster_node_left'
  | 'cluster_node_silent'
  | 'cluster_realm_differs'
  | 'cluster_version'
  | 'connection_closed'
  | 'connection_opened'
  | 'event_listener_failed'
  | 'http_refused'
  | 'internal_error'
  | 'limit_met'
  | 'local_session_failed'
  | 'log_entries_suppressed'
  | 'login_accepted'
  | 'login_refused'
  | 'longpoll_refused'
  | 'message_dropped'
  | 'message_too_long'
  | 'procedure_failed'
  | 'protocol_violation'
  | 'proxy_header_missing'
  | 'rawsocket_refused'
  | 'realm_closed'
  | 'realm_opened'
  | 'session_joined'
  | 'session_left'
  | 'slow_consumer'
  | 'socket_shortcuts_off'
  | 'tls_handshake_failed'
  | 'websocket_refused';

/** The facts of a log entry; `code` says what the entry is about. */
export interface LogFacts<C extends string = string> {
  readonly code: C;
  readonly [fact: string]: unknown;
}

/**
 * Receives log entries: a level, a short text, and the facts. Entries of the router have a {@link LogCode}; type
 * parameter `C` restricts the codes.
 */
export type Log<C extends string = string> = (level: LogLevel, what: string, facts: LogFacts<C>) => void;
