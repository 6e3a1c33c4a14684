/** The meta APIs of the specification: sessions, registrations and subscriptions of a realm. */
import type { Args, Dict, Id, InvocationPolicy, Kwargs, MatchPolicy, Uri } from '@wamp/protocol';
import { checkOptions, TEXT, wireOptions, type Rules } from '../options.ts';
import type { Session } from '../session.ts';
import type { Subscription } from '../subscription.ts';

import { count, date, dict, id, idPair, ids, none, optional, text, uri } from './answers.ts';
import type { MetaSession } from './meta-session.ts';

/** A session of the realm, as the router describes it. */
export interface SessionInfo {
  readonly session: Id;
  readonly authid: string | undefined;
  readonly authrole: string | undefined;
  readonly authmethod: string | undefined;
  readonly authprovider: string | undefined;
  /** The transport of the session, if the router discloses it. */
  readonly transport: Dict | undefined;
  /** All details, as received. */
  readonly details: Dict;
}

/** A session that has left the realm. */
export interface SessionLeft {
  readonly session: Id;
  readonly authid: string | undefined;
  readonly authrole: string | undefined;
}

/** What a killed session receives in GOODBYE. */
export interface KillOptions {
  /** A URI. Default: `wamp.close.killed`. */
  readonly reason?: Uri | undefined;
  readonly message?: string | undefined;
}

const FAREWELL: Rules<KillOptions> = { reason: TEXT, message: TEXT };

/** The ids of all registrations, or subscriptions, by match policy. */
export type IdsByPolicy = Readonly<Record<MatchPolicy, readonly Id[]>>;

/** A subscription of the realm, shared by its subscribers. */
export interface SubscriptionInfo {
  readonly id: Id;
  readonly created: Date;
  readonly uri: Uri;
  readonly match: MatchPolicy;
}

/** A registration of the realm, shared by its callees. */
export interface RegistrationInfo extends SubscriptionInfo {
  readonly invoke: InvocationPolicy;
}

/** The return value of a listener is ignored. */
type Listener<A extends unknown[]> = (...event: A) => unknown;

/** The sessions of the realm (spec: Session Meta API). */
export interface Sessions {
  /** @param authroles counts only sessions with these roles */
  count(authroles?: readonly string[]): Promise<number>;
  /** @param authroles lists only sessions with these roles */
  list(authroles?: readonly string[]): Promise<readonly Id[]>;
  /** @throws WampError `wamp.error.no_such_session` */
  get(session: Id): Promise<SessionInfo>;
  /** Ends a session; never our own. @throws WampError `wamp.error.no_such_session` */
  kill(session: Id, options?: KillOptions): Promise<void>;
  /** Ends all sessions with the authid except our own; resolves with their ids. */
  killByAuthid(authid: string, options?: KillOptions): Promise<readonly Id[]>;
  /** Ends all sessions with the authrole except our own; resolves with their number. */
  killByAuthrole(authrole: string, options?: KillOptions): Promise<number>;
  /** Ends all sessions except our own; resolves with their number. */
  killAll(options?: KillOptions): Promise<number>;
  onJoin(listener: Listener<[session: SessionInfo]>): Promise<Subscription>;
  onLeave(listener: Listener<[session: SessionLeft]>): Promise<Subscription>;
}

/** What registrations and subscriptions have in common. */
interface Patterns<I> {
  list(): Promise<IdsByPolicy>;
  /** The id for exactly this URI or pattern. */
  lookup(uri: Uri, match?: MatchPolicy): Promise<Id | undefined>;
  get(id: Id): Promise<I>;
  /** Created by this session. */
  onCreate(listener: Listener<[session: Id, info: I]>): Promise<Subscription>;
  /** Deleted, when this session left it. */
  onDelete(listener: Listener<[session: Id, id: Id]>): Promise<Subscription>;
}

/** The registrations of the realm (spec: Registration Meta API). */
export interface Registrations extends Patterns<RegistrationInfo> {
  /** The id of the registration that a call of the procedure would reach. */
  match(procedure: Uri): Promise<Id | undefined>;
  listCallees(registration: Id): Promise<readonly Id[]>;
  countCallees(registration: Id): Promise<number>;
  /** Removes a session from the registration. The specification lists it in its catalog of procedures only. */
  removeCallee(registration: Id, session: Id, reason?: string): Promise<void>;
  onRegister(listener: Listener<[session: Id, id: Id]>): Promise<Subscription>;
  onUnregister(listener: Listener<[session: Id, id: Id]>): Promise<Subscription>;
}

/** The subscriptions of the realm (spec: Subscription Meta API). */
export interface Subscriptions extends Patterns<SubscriptionInfo> {
  /** The ids of all subscriptions that a publication to the topic would reach. */
  match(topic: Uri): Promise<readonly Id[]>;
  listSubscribers(subscription: Id): Promise<readonly Id[]>;
  countSubscribers(subscription: Id): Promise<number>;
  /** Removes a session from the subscription. The specification lists it in its catalog of procedures only. */
  removeSubscriber(subscription: Id, session: Id, reason?: string): Promise<void>;
  onSubscribe(listener: Listener<[session: Id, id: Id]>): Promise<Subscription>;
  onUnsubscribe(listener: Listener<[session: Id, id: Id]>): Promise<Subscription>;
}

/**
 * The session meta API.
 *
 * @example await sessions(session).onJoin(({ authid }) => greet(authid));
 */
export function sessions({ untyped }: MetaSession): Sessions {
  const ask = asking(untyped, 'wamp.session.');
  const on = listening(untyped, 'wamp.session.');
  const filter = (authroles?: readonly string[]): Args => (authroles === undefined ? [] : [authroles]);
  const farewell = (options: KillOptions = {}): Kwargs => {
    checkOptions('kill', FAREWELL, options);
    return wireOptions(options, FAREWELL);
  };
  return {
    count: async (authroles) => count(await ask('count', filter(authroles))),
    list: async (authroles) => ids(await ask('list', filter(authroles))),
    get: async (session) => sessionInfo(await ask('get', [session])),
    kill: async (session, options) => none(await ask('kill', [session], farewell(options))),
    killByAuthid: async (authid, options) => ids(await ask('kill_by_authid', [authid], farewell(options))),
    killByAuthrole: async (authrole, options) =>
      count(await ask('kill_by_authrole', [authrole], farewell(options))),
    killAll: async (options) => count(await ask('kill_all', [], farewell(options))),
    onJoin: (listener) => on('on_join', ([info]) => listener(sessionInfo(info))),
    onLeave: (listener) =>
      on('on_leave', ([session, authid, authrole]) =>
        listener({ session: id(session), authid: text(authid), authrole: text(authrole) }),
      ),
  };
}

/** The registration meta API. */
export function registrations({ untyped }: MetaSession): Registrations {
  const ask = asking(untyped, 'wamp.registration.');
  const on = listening(untyped, 'wamp.registration.');
  return {
    ...patterns(ask, on, registrationInfo),
    match: async (procedure) => optional(id, await ask('match', [procedure])),
    listCallees: async (registration) => ids(await ask('list_callees', [registration])),
    countCallees: async (registration) => count(await ask('count_callees', [registration])),
    removeCallee: async (registration, session, reason) =>
      none(await ask('remove_callee', [registration, session], because(reason))),
    onRegister: (listener) => on('on_register', (args) => listener(...idPair(args))),
    onUnregister: (listener) => on('on_unregister', (args) => listener(...idPair(args))),
  };
}

/** The subscription meta API. */
export function subscriptions({ untyped }: MetaSession): Subscriptions {
  const ask = asking(untyped, 'wamp.subscription.');
  const on = listening(untyped, 'wamp.subscription.');
  return {
    ...patterns(ask, on, subscriptionInfo),
    match: async (topic) => optional(ids, await ask('match', [topic])) ?? [],
    listSubscribers: async (subscription) => ids(await ask('list_subscribers', [subscription])),
    countSubscribers: async (subscription) => count(await ask('count_subscribers', [subscription])),
    removeSubscriber: async (subscription, session, reason) =>
      none(await ask('remove_subscriber', [subscription, session], because(reason))),
    onSubscribe: (listener) => on('on_subscribe', (args) => listener(...idPair(args))),
    onUnsubscribe: (listener) => on('on_unsubscribe', (args) => listener(...idPair(args))),
  };
}

type Ask = (procedure: string, args?: Args, kwargs?: Kwargs) => Promise<unknown>;
type On = (topic: string, listener: (args: Args) => unknown) => Promise<Subscription>;

function asking(session: Session, prefix: string): Ask {
  return (procedure, args = [], kwargs = {}) => session.call(prefix + procedure, [...args], { kwargs });
}

function listening(session: Session, prefix: string): On {
  return (topic, listener) => session.subscribe(prefix + topic, listener);
}

function patterns<I>(ask: Ask, on: On, info: (value: unknown) => I): Patterns<I> {
  return {
    list: async () => idsByPolicy(await ask('list')),
    lookup: async (uri, match) =>
      optional(id, await ask('lookup', match === undefined ? [uri] : [uri, { match }])),
    get: async (which) => info(await ask('get', [which])),
    onCreate: (listener) => on('on_create', ([session, value]) => listener(id(session), info(value))),
    onDelete: (listener) => on('on_delete', (args) => listener(...idPair(args))),
  };
}

function because(reason: string | undefined): Kwargs {
  return reason === undefined ? {} : { reason };
}

function idsByPolicy(value: unknown): IdsByPolicy {
  const { exact, prefix, wildcard } = dict(value);
  return { exact: ids(exact), prefix: ids(prefix ?? []), wildcard: ids(wildcard ?? []) };
}

function sessionInfo(value: unknown): SessionInfo {
  const details = dict(value);
  const { session, authid, authrole, authmethod, authprovider, transport } = details;
  return {
    session: id(session),
    authid: text(authid),
    authrole: text(authrole),
    authmethod: text(authmethod),
    authprovider: text(authprovider),
    transport: optional(dict, transport),
    details,
  };
}

function subscriptionInfo(value: unknown): SubscriptionInfo {
  const details = dict(value);
  return {
    id: id(details['id']),
    created: date(details['created']),
    uri: uri(details['uri']),
    match: (text(details['match']) ?? 'exact') as MatchPolicy,
  };
}

function registrationInfo(value: unknown): RegistrationInfo {
  const invoke = (text(dict(value)['invoke']) ?? 'single') as InvocationPolicy;
  return { ...subscriptionInfo(value), invoke };
}
