/** The codes of log entries and the reasons of `/health/ready`: what each means, and what to do about it. */
import type { LogCode } from '@wamp/router';
import type { ProgramLogCode } from './log.ts';

/** The explanation of a code. */
export interface CodeText {
  /** The level of its entries, as in docs/operations.md; `health` for a reason of `/health/ready`. */
  readonly level: string;
  readonly means: string;
}

/** Codes of other packages. */
type PackageCode =
  'trace_export_failed' | 'http_bridge_failed' | 'webhook_dead_letter' | 'webhook_ended' | 'webhook_failed';

/** Reasons of `/health/ready`; `store_failing` is also a code of the log. */
type HealthReason = 'draining' | 'heap' | 'kept_bytes' | 'no_worker';

type Code = LogCode | ProgramLogCode | PackageCode | HealthReason;

const text = (level: string, means: string): CodeText => ({ level, means });

const TEXTS: Readonly<Record<Code, CodeText>> = {
  accept_failed: text(
    'error',
    'The system could not accept a connection; the entry has its reason. Usually file descriptors are exhausted: raise LimitNOFILE or ulimit -n.',
  ),
  authentication_failed: text(
    'warn',
    'An authenticator threw an error, and the client was refused. The entry has the error: check the procedure or function that authenticates.',
  ),
  authorization_denied: text(
    'debug, warn',
    'A request was denied; with level warn, because the authorizer failed. wamp-router check --explain ROLE ACTION URI names the permission that decides.',
  ),
  cluster_connected: text('info', 'The connection to the NATS servers was made again.'),
  cluster_disconnected: text('warn', 'The connection to the NATS servers is lost.'),
  cluster_entry_failed: text(
    'error',
    'Something that another node sent could not be processed; a fault of the router.',
  ),
  cluster_expelled: text(
    'error',
    'The other nodes have declared this one dead: its sessions end, and it joins again.',
  ),
  cluster_isolated: text(
    'error',
    'The node could not write the ledger for `dead_after`, and has ended its sessions (`isolated: end`); it joins again as soon as it can.',
  ),
  cluster_join_failed: text('error', 'The node cannot join its cluster again, and tries once more.'),
  cluster_joined: text('info', 'The node has joined its cluster.'),
  cluster_node_joined: text('info', 'Another node has joined.'),
  cluster_node_left: text(
    'info, warn',
    'Another node has left; `warn` when it was declared dead and this node stands in for it.',
  ),
  cluster_node_silent: text(
    'warn',
    'Another node sends nothing, or does not read: it will be declared dead.',
  ),
  cluster_realm_differs: text(
    'info, error',
    'Another node has a realm that this one lacks, or has with another `uri_rules`, `disclosure` or `history` (`error`): it is not shared with it.',
  ),
  cluster_version: text(
    'error',
    'Another node supports no version of the cluster protocol that this node supports.',
  ),
  configuration_refused: text(
    'error',
    'The file has faults, so nothing has changed. The entry lists all of them; correct the file and reload again.',
  ),
  configuration_reloaded: text('info', 'The file was read again. The entry lists the changes.'),
  connection_closed: text(
    'debug, info',
    'A connection has ended; with level info, because of a protocol violation or another ABORT. The entry has the reason.',
  ),
  connection_opened: text('debug', 'A client has connected, and has not sent HELLO yet.'),
  draining: text('health', 'The router is shutting down: send no new clients to it.'),
  event_listener_failed: text(
    'error',
    'A listener of router.events threw an error, which is a fault of the program that embeds the router. The router continues.',
  ),
  few_descriptors: text(
    'warn',
    'The limit of open files allows fewer connections than the configuration. Raise LimitNOFILE or ulimit -n, or lower the limits of connections.',
  ),
  heap: text(
    'health',
    'The heap is almost full. Lower limits.kept_size and limits.queue_size, or give the process more memory.',
  ),
  http_bridge_failed: text(
    'error',
    'The HTTP bridge could not answer a request because of an error of its own. Please report it, with the error in the entry.',
  ),
  http_refused: text(
    'info',
    'A malformed HTTP request was refused; the entry has the status and the reason. Often another protocol was spoken to the port, such as TLS.',
  ),
  internal_error: text(
    'error',
    'An error of the router ended a session; other sessions continue. Please report it, with the error in the entry.',
  ),
  kept_bytes: text(
    'health',
    'The bytes kept have almost reached limits.kept_size. The metric wamp_kept_bytes shows them by realm and store.',
  ),
  limit_met: text(
    'debug, warn',
    'A client met a limit; with level warn, connections were refused. docs/limits.md lists the limits.',
  ),
  listener_lost: text(
    'error',
    'A reload closed a changed listener, and could not reopen it. The entry has the reason; reload again, or restart.',
  ),
  local_session_failed: text(
    'error',
    'The code of a local session threw an error, which is a fault of the program that embeds the router. The router continues.',
  ),
  log_entries_suppressed: text(
    'as suppressed',
    'More than 10 entries with the same text were to be written within a second. The entry counts those that were not.',
  ),
  log_lines_missing: text(
    'warn',
    'The log was not read for some time, or the disk was full. The entry counts the lines that were lost.',
  ),
  login_accepted: text('debug', 'A client has authenticated.'),
  login_refused: text(
    'info',
    'A client was refused. The entry has the identity that it claimed, and the reason.',
  ),
  longpoll_refused: text(
    'info',
    'A long-poll request was refused. The entry has the HTTP status, the reason, the address and the origin; a 403 is changed by listeners[].origins.',
  ),
  message_dropped: text(
    'warn',
    'A message could not be delivered to its receiver; the entry has the reason, such as a size beyond what the receiver accepts.',
  ),
  message_too_long: text(
    'info',
    'A message longer than limits.message_size was discarded, and answered with an error where its type permits. Raise the limit, or send less.',
  ),
  nats_server_ended: text(
    'error',
    'The NATS server that connects the workers has ended, and is started again. Until then, nobody can register, and workers do not reach each other.',
  ),
  no_worker: text('health', 'No worker answers: all have ended, and are started again.'),
  procedure_failed: text(
    'error',
    'A procedure of the router threw an error, and its caller got wamp.error.runtime_error. The entry has the error.',
  ),
  protocol_violation: text(
    'info',
    'A local session has violated the protocol, and was ended: a fault of the program that embeds the router.',
  ),
  proxy_header_missing: text(
    'warn',
    'A trusted proxy sent no PROXY protocol header, and its connection was closed. Let the proxy send it, or remove proxy_protocol.',
  ),
  rawsocket_refused: text(
    'debug',
    'A RawSocket handshake was refused. The entry has the error code: 1 is an unsupported serializer, 2 an unacceptable message length.',
  ),
  router_started: text('info', 'The router accepts connections. The entry has its version and addresses.'),
  router_stopped: text('info', 'The router has stopped.'),
  router_stopping: text(
    'info',
    'The router has begun to stop because of a signal. Calls in flight may finish within drain.',
  ),
  service_manager_unreachable: text(
    'warn',
    'systemd could not be notified, because systemd-notify is missing or failed. Install it, or use Type=exec in the unit.',
  ),
  session_ended_by_reload: text(
    'info',
    'The configuration no longer permits a session, so a reload has ended it. The entry has the reason.',
  ),
  realm_closed: text(
    'debug',
    'A realm of a template was removed with what it kept; the entry says why: idle, room_needed, template_removed or removed.',
  ),
  realm_opened: text('debug', 'A realm was created from a template, for a client that joins it.'),
  session_joined: text('debug', 'A session has joined a realm.'),
  session_left: text('debug', 'A session has left its realm.'),
  slow_consumer: text(
    'warn',
    'A client reads too slowly, and events were dropped for it. See limits.queue_size, and slow_consumers of its role.',
  ),
  socket_shortcuts_off: text(
    'warn, info',
    'This version of Node lacks what fast sockets need, or they were turned off. The router works, and needs more CPU: the entry says for what.',
  ),
  store_failing: text(
    'error',
    'The event store cannot be written. The entry has the reason; usually the disk is full. Until it can be written, the router is not ready, and refuses publications that have to be kept.',
  ),
  store_recovered: text('warn', 'The event store can be written again.'),
  tls_handshake_failed: text(
    'debug',
    'A TLS handshake failed; the entry has the reason. Often the client does not trust the certificate, or does not speak TLS.',
  ),
  trace_export_failed: text(
    'warn',
    'Spans could not be exported to tracing.endpoint, and were dropped; the entry has their number and the reason. Calls and publications are not affected.',
  ),
  webhook_dead_letter: text(
    'warn',
    'An event was not delivered to a webhook. The entry has its publication and the reason; the metric wamp_webhook_deliveries_total counts it as dead.',
  ),
  webhook_ended: text(
    'warn',
    'A webhook ended with its session, for example because its role was removed. A reload starts it again.',
  ),
  webhook_failed: text(
    'debug',
    'A request of a webhook failed, and will be repeated. The entry has the reason.',
  ),
  webhook_refused: text(
    'error',
    'A configured webhook could not be started. The entry has the reason; correct the file and reload.',
  ),
  websocket_refused: text(
    'info',
    'A WebSocket upgrade was refused. The entry has the HTTP status, the reason, the address and the origin; a 403 is changed by listeners[].origins.',
  ),
  worker_ended: text(
    'error',
    'A worker has ended unexpectedly, and is started again. Its sessions are gone: their clients reconnect, to another worker at first.',
  ),
  worker_started: text('info', 'A worker that had ended serves clients again.'),
};

/** The explanations by code. */
export const CODES: Readonly<Record<string, CodeText>> = TEXTS;
