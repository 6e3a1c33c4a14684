/** The known keys of every Options and Details dictionary: the one source of their checks and types. */
import {
  anyDict,
  anything,
  bool,
  dict,
  id,
  integer,
  list,
  oneOf,
  text,
  type Check,
  type Field,
  type Held,
  type Known,
  type Options,
} from './fields.ts';

const match = oneOf('exact', 'prefix', 'wildcard');
const invoke = oneOf('single', 'first', 'last', 'roundrobin', 'random', 'load');
const mode = oneOf('skip', 'kill', 'killnowait');

/** How a pattern selects URIs. */
export type MatchPolicy = Held<typeof match>;
/** How a call chooses among the callees of a shared registration; `load`, the least busy callee, is our extension. */
export type InvocationPolicy = Held<typeof invoke>;
/** How the dealer handles a CANCEL (spec: Call Canceling). */
export type CancelMode = Held<typeof mode>;

/** Payload passthru attributes: the router copies them from the request to the delivery unchanged. */
const passthru = {
  ppt_scheme: text,
  ppt_serializer: text,
  ppt_cipher: text,
  ppt_keyid: text,
};

/** Extension: the place in a trace (W3C Trace Context). The router copies them from the request to the delivery, unless malformed. */
const trace = { traceparent: text, tracestate: text };

/** Only in the test vectors of the specification: kept and ignored. */
const vectorOnly = {
  transaction_hash: text,
  forward_for: list(anyDict),
};

const role = { features: anyDict };

export type ClientRole = 'publisher' | 'subscriber' | 'caller' | 'callee';
export type RouterRole = 'broker' | 'dealer';

const clientRoles: Field<RolesOf<ClientRole>> = dict({
  publisher: dict(role),
  subscriber: dict(role),
  caller: dict(role),
  callee: dict(role),
});
const routerRoles: Field<RolesOf<RouterRole>> = dict({ broker: dict(role), dealer: dict(role) });
type RolesOf<R extends string> = Readonly<Partial<Record<R, RoleDetails>>>;

export const hello = {
  roles: clientRoles,
  agent: text,
  authmethods: list(text),
  authid: text,
  authrole: text,
  authextra: anyDict,
};

export const welcome = {
  roles: routerRoles,
  agent: text,
  realm: text,
  authid: text,
  authrole: text,
  authmethod: text,
  authprovider: text,
  authextra: anyDict,
  /** Extension: the longest message that the router accepts from this session, in bytes. */
  x_max_message_size: integer,
  /** Extension: the router may drop events of this session when it reads too slowly. */
  x_drops_events: bool,
};

export const closing = { message: text };

export const publish = {
  ...passthru,
  ...trace,
  ...vectorOnly,
  acknowledge: bool,
  exclude_me: bool,
  disclose_me: bool,
  exclude: list(id),
  exclude_authid: list(text),
  exclude_authrole: list(text),
  eligible: list(id),
  eligible_authid: list(text),
  eligible_authrole: list(text),
  /** Keeps the event for later subscribers; without a payload, deletes the kept event. */
  retain: bool,
  /** Extension: how long the event is retained, in ms. */
  x_expires: integer,
  /** The same as `x_expires`. */
  expires: integer,
  rkey: text,
};

export const subscribe = {
  match,
  get_retained: bool,
  nkey: text,
  forward_for: list(anyDict),
};

export const event = {
  ...passthru,
  ...trace,
  ...vectorOnly,
  publisher: id,
  publisher_authid: text,
  publisher_authrole: text,
  topic: text,
  trustlevel: integer,
  retained: bool,
  /** Extension: the place of the event in the log of its subscription; the first has 1. */
  x_offset: integer,
  x_acknowledged_delivery: bool,
};

export const subscriptionRevocation = { subscription: id, reason: text };

export const register = {
  match,
  invoke,
  disclose_caller: bool,
  forward_timeout: bool,
  /** Extension: how many invocations the callee accepts at a time. */
  concurrency: integer,
  /** Extension: take the procedure over from the session that has registered it. */
  force_reregister: bool,
};

export const registrationRevocation = { registration: id, reason: text };

export const call = {
  ...passthru,
  ...trace,
  receive_progress: bool,
  progress: bool,
  /** In ms. 0 or absent: no timeout. */
  timeout: integer,
  disclose_me: bool,
  runmode: text,
  rkey: text,
};

export const cancel = { mode };

export const invocation = {
  ...passthru,
  ...trace,
  procedure: text,
  receive_progress: bool,
  progress: bool,
  timeout: integer,
  caller: id,
  caller_authid: text,
  caller_authrole: text,
  trustlevel: integer,
};

export const interrupt = { mode, reason: anything };

export const yielding = { ...passthru, progress: bool };

export const error = passthru;

export interface PassthruAttributes extends Options<typeof passthru> {}
/** What one role announces: `{}` or `{ features: { name: true } }`. */
export interface RoleDetails extends Options<typeof role> {}
export interface HelloDetails extends Known<typeof hello, 'roles'> {}
export interface WelcomeDetails extends Known<typeof welcome, 'roles'> {}
export interface ClosingDetails extends Options<typeof closing> {}
export interface PublishOptions extends Options<typeof publish> {}
export interface SubscribeOptions extends Options<typeof subscribe> {}
export interface EventDetails extends Options<typeof event> {}
export interface SubscriptionRevocation extends Options<typeof subscriptionRevocation> {}
export interface RegisterOptions extends Options<typeof register> {}
export interface RegistrationRevocation extends Options<typeof registrationRevocation> {}
export interface CallOptions extends Options<typeof call> {}
export interface CancelOptions extends Options<typeof cancel> {}
export interface InvocationDetails extends Options<typeof invocation> {}
export interface InterruptOptions extends Options<typeof interrupt> {}
export interface YieldOptions extends Options<typeof yielding> {}
export type ResultDetails = YieldOptions;
export type ErrorDetails = PassthruAttributes;

/** Checks the Options of a PUBLISH. @throws ProtocolViolation that names the wrong key */
export const publishOptions: Check<PublishOptions> = dict(publish)('PUBLISH.Options');
