/** The public names of the client package. */
export { connect, createSession, type ConnectOptions, type SessionOptions } from './connect.ts';
export type {
  Backoff,
  CommonOptions,
  KeepAliveOptions,
  DefaultOptions,
  OfflineQueueOptions,
  LazyOptions,
  ReconnectOptions,
  Url,
} from './connect-options.ts';
export type { Handlers, ProcedureHandler, Session } from './session.ts';
export type { SessionEvents, SessionState, SessionStatus } from './session-events.ts';
export type { Gap, Restored } from './core/restoration.ts';
export type { Logger } from './listeners.ts';
export type { Call } from './call.ts';
export type { CallOptions } from './call-options.ts';
export type { Stream, StreamInput, StreamOptions } from './stream.ts';
export type { PublishOptions, PublishResult } from './publication.ts';
export type { SubscribeOptions, Subscription } from './subscription.ts';
export type { HandlerReturn, RegisterOptions, Registration } from './registration.ts';
export type { BufferOptions } from './core/queue.ts';
export type { HandleState } from './core/handle.ts';
export type { Ending } from './ending.ts';
export type { Position } from './core/cursor.ts';
export type { WampEvent } from './core/event.ts';
export type { Invocation, InvocationInput } from './core/invocation.ts';
export type { Packed, Passthru, PassthruOption, Plain } from './core/passthru.ts';
export type { Peer } from './core/peer.ts';
export { result, type Result } from './core/result.ts';
export {
  AuthError,
  CallTimeoutError,
  CanceledError,
  ConnectError,
  ConnectionLostError,
  ProtocolError,
  SerializationError,
  WampError,
  type WampErrorOptions,
} from './errors.ts';
export { anonymous } from './auth/anonymous.ts';
export { ticket } from './auth/ticket.ts';
export { tls } from './auth/tls.ts';
export { wampcra, type WampcraBounds, type WampcraOptions } from './auth/wampcra.ts';
export type { Bounds } from './auth/bounds.ts';
export type { AuthContext, Authenticator, Bindable, Introduction, Signature } from './auth/authenticator.ts';
export type { Secret } from './auth/secret.ts';
export type { OpenOptions, TransportFactory } from './transports/factory.ts';
export type { Pem, TlsOptions } from './transports/tls.ts';
export { webSocket, type WebSocketOptions } from './transports/websocket.ts';
export type { WebSocketConstructor, WebSocketLike } from './transports/websocket-like.ts';
export type { Clock } from './clock.ts';
export type { AnyApi, Api } from './api.ts';
export type { BoundContract } from './binding.ts';
export type { Contract, ImplementOptions, Implementation, Validate } from './definition.ts';
export type {
  Converted,
  ProcedureArgs,
  ProcedureKwargs,
  ProcedureProgress,
  ProcedureResult,
  ProcedureResultKwargs,
  ProcedureUri,
  Rest,
  Side,
  TopicArgs,
  TopicKwargs,
  TopicUri,
  Untyped,
} from './contract.ts';
export { CloseUri, ErrorUri, plainJson as json } from '@wamp/protocol';
export type {
  Args,
  CancelMode,
  Id,
  InvocationPolicy,
  Kwargs,
  MatchPolicy,
  Serializer,
  Transport,
  Uri,
} from '@wamp/protocol';
