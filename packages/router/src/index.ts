/** The public names of the router package. */
export { createRouter } from './create-router.ts';
export type {
  NamedRealm,
  RealmChanges,
  RealmSettings,
  RealmTemplate,
  RouterChanges,
  RouterOptions,
} from './router-options.ts';
export { DEFAULT_TEMPLATE_LIMITS, DEFAULT_TEMPLATE_STORES } from './realm-templates.ts';
export { isNameable, isRealmOf, isRealmPattern } from './realm-patterns.ts';
export type { Router } from './host.ts';
export {
  acceptWebSockets,
  type WebSocketAcceptor,
  type WebSocketOptions,
  type WebSocketRules,
} from './transports/websocket.ts';
export {
  acceptRawSockets,
  type RawSocketAcceptor,
  type RawSocketOptions,
  type RawSocketRules,
} from './transports/rawsocket.ts';
export { acceptProxied, type ProxiedAcceptor, type ProxiedOptions } from './transports/proxied.ts';
export type { ForwardingRules } from './transports/forwarding.ts';
export { isOriginRule } from './transports/origin.ts';
export { isTrustable } from './transports/trusted-proxies.ts';
export { shareOnePort, type OnePortAcceptor, type OnePortOptions } from './transports/one-port.ts';
export { acceptLongPolls, type LongPollAcceptor, type LongPollOptions } from './transports/long-poll.ts';
export {
  HttpEntrance,
  type Crossing,
  type EntranceBounds,
  type HttpEntranceOptions,
  type HttpGuest,
  type ReadBody,
} from './transports/http-entrance.ts';
export type { HttpRefusal } from './transports/refusal.ts';
export { inMemory, transportPair } from './transports/in-memory.ts';
export {
  MetricsRegistry,
  Counter,
  Gauge,
  type Family,
  type MetricDefinition,
  type Observe,
} from './metrics/registry.ts';
export type { HistogramSample, Labels, Metric, MetricHead, Sample } from './metrics/metric.ts';
export { countUpTo, Histogram, quantile, type Bucket, type Distribution } from './core/histogram.ts';
export type { CallOutcome, CallTimes } from './core/latency.ts';
export type {
  AuthorizationDenied,
  ConnectionClosed,
  ConnectionOpened,
  EndedBy,
  EventCode,
  EventSource,
  LimitMet,
  LoginAccepted,
  LoginRefused,
  RealmClosed,
  RealmOpened,
  RouterEvent,
  SessionJoined,
  SessionLeft,
  SlowConsumerEvent,
} from './events.ts';
export { isLoopback, plainAddress } from './addresses.ts';
export { defaultFeatures, type FeatureOptions } from './features/index.ts';
export type {
  EventLog,
  EventStore,
  LoggedEvent,
  LogRange,
  LogRule,
  RetainedEvent,
  RetainedEvents,
  StoreRealm,
} from './stores/event-store.ts';
export type { ClusterEngine, EngineListener, Ledger, LedgerListener, NodeId } from './cluster/engine.ts';
export { LEAST_LEASE } from './cluster/lease.ts';
export type { ClaimStatus, Cluster, ClusterOptions, ClusterStatus, MemberStatus } from './cluster/options.ts';
export { memoryRetained, memoryStore } from './stores/memory.ts';
export { packEvent, unpackEvent } from './stores/packed-event.ts';
export type { HistoryRule } from './features/event-history.ts';
export { DEFAULT_QUOTAS, type QuotaName, type Quotas, type QuotaTally } from './core/quotas.ts';
export type { TrustLevel } from './core/trust.ts';
export type { Unwritten, Writing } from './core/writing.ts';
export type { Feature, Realm, RealmBroker, RealmCalls, RealmDealer, RouterFeatures } from './core/realm.ts';
export type { PendingCall } from './core/pending-calls.ts';
export type { TraceContext } from './core/trace-context.ts';
export type { Callee, Registration } from './core/registration.ts';
export type { Recorder, Subscription } from './core/subscription.ts';
export type { ReadonlyPatternMap } from './core/pattern-map.ts';
export type { ReadonlyCounts, ReadonlyTraffic } from './core/traffic.ts';
export type { MetaCall, MetaProcedure } from './core/meta-session.ts';
export {
  TRUSTED_ROLE,
  type Departure,
  type Principal,
  type Remote,
  type Session,
  type SessionTraffic,
  type Watcher,
} from './core/session.ts';
export type { DecidePublish, Decision } from './core/decision.ts';
export type { Clock } from './core/clock.ts';
export { anonymous } from './auth/anonymous.ts';
export { both } from './auth/both.ts';
export { tls, type TlsOptions } from './auth/tls.ts';
export { ticket, type TicketCredentials, type TicketSource, type TicketVerifier } from './auth/ticket.ts';
export {
  wampcra,
  wampcraCredentials,
  type WampcraCredentials,
  type WampcraDerivedKey,
  type WampcraOptions,
  type WampcraSecret,
} from './auth/wampcra.ts';
export {
  scram,
  scramCredentials,
  type ScramCredentials,
  type ScramOptions,
  type ScramStoredKeys,
} from './auth/scram.ts';
export { cryptosign, type CryptosignCredentials, type CryptosignOptions } from './auth/cryptosign.ts';
export type { CredentialFunction, CredentialSource } from './auth/credentials.ts';
export type { DynamicAuthenticator } from './auth/dynamic.ts';
export type { Identity, Inquiry } from './auth/inquiry.ts';
export type { DecoyOptions } from './auth/decoys.ts';
export type { Authenticator, EntranceRules, JoinInfo, Underlay, Verdict } from './auth/authenticator.ts';
export { DEFAULT_ATTEMPT_LIMITS, type AttemptLimits } from './auth/attempts.ts';
export type { Action, Asker, Authorizer, AuthorizerAnswer } from './authz/authorizer.ts';
export { dynamicAuthorizer, type DynamicOptions } from './authz/dynamic.ts';
export { remembering, RememberingAuthorizer, type RememberingOptions } from './authz/remembering.ts';
export {
  permissions,
  Permissions,
  type Explanation,
  type PermissionsByRole,
  type RolePermissions,
} from './authz/permissions.ts';
export type { Actions, Permission } from './authz/rule.ts';
export type { SlowConsumerPolicies, SlowConsumerPolicy } from './output/slow-consumer.ts';
export { DEFAULT_LIMITS, type LimitName, type Limits, type LimitTally } from './limits.ts';
export type { Log, LogCode, LogFacts, LogLevel } from './log.ts';
export type {
  LocalCallOptions,
  LocalEnd,
  LocalEvent,
  LocalHandle,
  LocalResult,
} from './session/local-results.ts';
export type { LocalSession } from './session/local-session.ts';
export type { LocalAnswer, LocalInvocation, LocalProcedure } from './session/local-invocations.ts';
export type { LocalOptions } from './session/local-join.ts';
export type { Credentials, LoginOptions } from './connection/log-in.ts';

// For features outside this package; docs/extending.md shows how to use them.
export { Hook, type ReadonlyHook } from './core/hook.ts';
export { Tally, type ReadonlyTally } from './core/tally.ts';
export type { Eligible, Origin, Publication, Publisher } from './core/publication.ts';
export { eligibility } from './core/eligibility.ts';
export { eventDetails, eventFor } from './core/broker.ts';
export { remember, type Remembered } from './core/remembered.ts';
export {
  DEFAULT_STORE_LIMITS,
  weightOf,
  type RealmAccounts,
  type SessionAccounts,
  type StoreLimits,
} from './core/kept.ts';
export type { Account } from './core/account.ts';
export { taking, type Parameters as ProcedureParameters } from './features/arguments.ts';
export { answerInTurns, picked } from './features/long-answers.ts';
