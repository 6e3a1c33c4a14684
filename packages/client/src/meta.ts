/** The meta APIs, history and testaments of a router, typed: helpers over a session. */
import {
  ErrorUri,
  isId,
  publishKeys,
  type Args,
  type Dict,
  type Id,
  type InvocationPolicy,
  type Kwargs,
  type MatchPolicy,
  type Uri,
} from '@wamp/protocol';
import { ProtocolError } from './errors.ts';
import {
  BOOL,
  checkOptions,
  COUNT,
  DICT,
  extra,
  oneOf,
  rule,
  TEXT,
  wireOptions,
  type Rules,
} from './options.ts';
import { payloadOf } from './payload.ts';
import { ON_THE_WIRE } from './rules.ts';
import type { PublishOptions } from './publication.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';

/** A session, whatever its contract. */
export interface MetaSession {
  readonly untyped: Session;
}

/** A session of the realm, as the router describes it. */
export interface SessionInfo {
  readonly session: Id;
  readonly authid: string | undefined;
  readonly authrole: string | undefined;
  readonly authmethod: string | undefined;
  readonly authprovider: string | undefined;
  /** How it is connected, if the router tells. */
  readonly transport: Dict | undefined;
  /** All of it, as it came. */
  readonly details: Dict;
}

/** A session that has left. */
export interface SessionLeft {
  readonly session: Id;
  readonly authid: string | undefined;
  readonly authrole: string | undefined;
}

/** What the sessions that are sent away are told. */
export interface KillOptions {
  /** A URI: default `wamp.close.killed`. */
  readonly reason?: Uri | undefined;
  readonly message?: string | undefined;
}

const FAREWELL: Rules<KillOptions> = { reason: TEXT, message: TEXT };

/** The ids of all registrations, or subscriptions, by match policy. */
export type IdsByPolicy = Readonly<Record<MatchPolicy, readonly Id[]>>;

/** A subscription of the realm; its subscribers share it. */
export interface SubscriptionInfo {
  readonly id: Id;
  readonly created: Date;
  readonly uri: Uri;
  readonly match: MatchPolicy;
}

/** A registration of the realm; its callees share it. */
export interface RegistrationInfo extends SubscriptionInfo {
  readonly invoke: InvocationPolicy;
}

/** What a listener of meta events returns is of no interest. */
type Listener<A extends unknown[]> = (...event: A) => unknown;

/** Who is in the realm (spec: Session Meta API). */
export interface Sessions {
  /** @param authroles counts those only */
  count(authroles?: readonly string[]): Promise<number>;
  /** @param authroles lists those only */
  list(authroles?: readonly string[]): Promise<readonly Id[]>;
  /** @throws WampError `wamp.error.no_such_session` */
  get(session: Id): Promise<SessionInfo>;
  /** Sends a session away; never the own one. @throws WampError `wamp.error.no_such_session` */
  kill(session: Id, options?: KillOptions): Promise<void>;
  /** Sends all sessions of the authid away but the own one; resolves with their ids. */
  killByAuthid(authid: string, options?: KillOptions): Promise<readonly Id[]>;
  /** Sends all sessions of the authrole away but the own one; resolves with their number. */
  killByAuthrole(authrole: string, options?: KillOptions): Promise<number>;
  /** Sends all sessions away but the own one; resolves with their number. */
  killAll(options?: KillOptions): Promise<number>;
  onJoin(listener: Listener<[session: SessionInfo]>): Promise<Subscription>;
  onLeave(listener: Listener<[session: SessionLeft]>): Promise<Subscription>;
}

/** What registrations and subscriptions have in common. */
interface Patterns<I> {
  list(): Promise<IdsByPolicy>;
  /** The id of the one for this very URI or pattern. */
  lookup(uri: Uri, match?: MatchPolicy): Promise<Id | undefined>;
  get(id: Id): Promise<I>;
  /** It came to be, by this session. */
  onCreate(listener: Listener<[session: Id, info: I]>): Promise<Subscription>;
  /** It is gone, with this session. */
  onDelete(listener: Listener<[session: Id, id: Id]>): Promise<Subscription>;
}

/** Who offers what (spec: Registration Meta API). */
export interface Registrations extends Patterns<RegistrationInfo> {
  /** The id of the registration that a call of the procedure would go to. */
  match(procedure: Uri): Promise<Id | undefined>;
  listCallees(registration: Id): Promise<readonly Id[]>;
  countCallees(registration: Id): Promise<number>;
  /** Takes the registration from a session. Not in the specification, but in its catalog. */
  removeCallee(registration: Id, session: Id, reason?: string): Promise<void>;
  onRegister(listener: Listener<[session: Id, id: Id]>): Promise<Subscription>;
  onUnregister(listener: Listener<[session: Id, id: Id]>): Promise<Subscription>;
}

/** Who listens to what (spec: Subscription Meta API). */
export interface Subscriptions extends Patterns<SubscriptionInfo> {
  /** The ids of all subscriptions that a publication to the topic would reach. */
  match(topic: Uri): Promise<readonly Id[]>;
  listSubscribers(subscription: Id): Promise<readonly Id[]>;
  countSubscribers(subscription: Id): Promise<number>;
  /** Takes the subscription from a session. Not in the specification, but in its catalog. */
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

/** Which past events to get; all conditions hold together (spec: Event History). */
export interface HistoryFilters {
  /** The newest first: default false. */
  readonly reverse?: boolean | undefined;
  /** How many at most, in the direction asked for. */
  readonly limit?: number | undefined;
  /** Not before this; likewise those below. A string is a time as RFC 3339 has it. */
  readonly fromTime?: Date | string | undefined;
  readonly afterTime?: Date | string | undefined;
  readonly beforeTime?: Date | string | undefined;
  readonly untilTime?: Date | string | undefined;
  /** For pattern subscriptions: only what was published to this topic. */
  readonly topic?: Uri | undefined;
  readonly fromPublication?: Id | undefined;
  readonly afterPublication?: Id | undefined;
  readonly beforePublication?: Id | undefined;
  readonly untilPublication?: Id | undefined;
}

/** An event from before. */
export interface PastEvent {
  /** When the router had it. */
  readonly timestamp: Date;
  readonly subscription: Id;
  readonly publication: Id;
  readonly args: Args;
  readonly kwargs: Kwargs;
  /** Details of the EVENT. */
  readonly details: Dict;
}

const TIME = rule('a Date or a string', (value) => value instanceof Date || typeof value === 'string');
const FILTERS: Rules<HistoryFilters> = {
  reverse: BOOL,
  limit: COUNT,
  fromTime: TIME,
  afterTime: TIME,
  beforeTime: TIME,
  untilTime: TIME,
  topic: TEXT,
  fromPublication: COUNT,
  afterPublication: COUNT,
  beforePublication: COUNT,
  untilPublication: COUNT,
};

/**
 * The past events of a subscription, if the router keeps them.
 *
 * @param subscription the handle, or the id
 * @example for (const { args } of await getEvents(session, subscription, { limit: 10 })) show(args);
 */
export async function getEvents(
  { untyped }: MetaSession,
  subscription: Id | Pick<Subscription, 'id'>,
  filters: HistoryFilters = {},
): Promise<readonly PastEvent[]> {
  const subscriptionId = typeof subscription === 'object' ? subscription.id : subscription;
  if (subscriptionId === undefined) throw new TypeError('The subscription has ended.');
  checkOptions('getEvents', FILTERS, filters);
  const times = Object.entries(filters).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Date ? value.toISOString() : value,
  ]);
  const kwargs = wireOptions(Object.fromEntries(times) as HistoryFilters, FILTERS);
  const { args } = await untyped.call('wamp.subscription.get_events', [subscriptionId], { kwargs }).full();
  // T-22: the list of events is the result's, or its first value.
  const [first] = args;
  return (args.length === 1 && Array.isArray(first) ? (first as Args) : args).map(pastEvent);
}

/** When a testament is published: when the session is gone for good, or can no longer be resumed. */
export type TestamentScope = 'destroyed' | 'detached';

/** How a testament is published. */
export interface TestamentOptions extends Omit<PublishOptions, 'acknowledge' | 'signal' | 'passthru'> {
  /** Default `destroyed`. */
  readonly scope?: TestamentScope | undefined;
  /** Keyword arguments beside a list. */
  readonly kwargs?: Kwargs | undefined;
}

const { acknowledge: _none, ...PUBLISHING } = ON_THE_WIRE.publish;
const TESTAMENT: Rules<TestamentOptions> = {
  ...PUBLISHING,
  scope: oneOf('destroyed', 'detached'),
  extra: extra(publishKeys),
  kwargs: DICT,
};

/**
 * Leaves a publication with the router, for when this session is gone (spec: Testaments).
 *
 * @param payload a list is the positional arguments, a dict the keyword arguments
 * @example await addTestament(session, 'presence.left', [name]);
 */
export async function addTestament(
  { untyped }: MetaSession,
  topic: Uri,
  payload?: Args | Kwargs,
  options: TestamentOptions = {},
): Promise<void> {
  const { args, kwargs } = payloadOf(payload, options.kwargs);
  checkOptions('addTestament', TESTAMENT, options);
  const publishOptions = wireOptions(options, ON_THE_WIRE.publish);
  await untyped.call('wamp.session.add_testament', [topic, args, kwargs], {
    kwargs: {
      ...scopeOf(options.scope),
      ...(Object.keys(publishOptions).length > 0 && { publish_options: publishOptions }),
    },
  });
}

/** Takes all testaments of this session back. @param scope default `destroyed` */
export async function flushTestaments({ untyped }: MetaSession, scope?: TestamentScope): Promise<void> {
  await untyped.call('wamp.session.flush_testaments', scopeOf(scope));
}

function scopeOf(scope: TestamentScope | undefined): Kwargs {
  return scope === undefined ? {} : { scope };
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

// What follows reads what the router says. It throws a ProtocolError for what does not mean that.

function expected(what: string): ProtocolError {
  return new ProtocolError(ErrorUri.PROTOCOL_VIOLATION, [`The router was to give ${what}.`]);
}

function optional<T>(read: (value: unknown) => T, value: unknown): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

function none(_value: unknown): void {
  // The specification gives these procedures no result.
}

function id(value: unknown): Id {
  if (isId(value)) return value;
  throw expected('an id');
}

function ids(value: unknown): readonly Id[] {
  if (Array.isArray(value)) return value.map(id);
  throw expected('a list of ids');
}

function idPair([session, other]: Args): [Id, Id] {
  return [id(session), id(other)];
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw expected('a number of things');
}

function dict(value: unknown): Dict {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Dict;
  throw expected('a dict');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function uri(value: unknown): Uri {
  if (typeof value === 'string') return value;
  throw expected('a URI');
}

function date(value: unknown): Date {
  const time = typeof value === 'string' || value instanceof Date ? new Date(value) : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) throw expected('a time');
  return time;
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

function pastEvent(value: unknown): PastEvent {
  const { timestamp, subscription, publication, args, kwargs, details } = dict(value);
  return {
    timestamp: date(timestamp),
    subscription: id(subscription),
    publication: id(publication),
    args: Array.isArray(args) ? args : [],
    kwargs: optional(dict, kwargs) ?? {},
    details: optional(dict, details) ?? {},
  };
}
