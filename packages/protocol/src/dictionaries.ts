/** The known keys of every Options, Details and Extra dictionary: the one source of their checks and of their types. */
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
/** How a call chooses among the callees of a shared registration; `load`, the least busy, is ours. */
export type InvocationPolicy = Held<typeof invoke>;
/** What CANCEL asks of the dealer. */
export type CancelMode = Held<typeof mode>;

/** Payload passthru attributes, copied from request to delivery untouched. */
const passthru = {
  ppt_scheme: text,
  ppt_serializer: text,
  ppt_cipher: text,
  ppt_keyid: text,
};

/** Known from the specification's test vectors only; carried along, never acted upon. */
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
  /** Ours: the longest message that the router takes of this session, in bytes. */
  x_max_message_size: integer,
};

export const closing = { message: text };

export const publish = {
  ...passthru,
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
  /** Keeps the event for later subscribers; without a payload, takes back what was kept. */
  retain: bool,
  /** For how long it is retained, in ms; ours, and not of the specification. */
  x_expires: integer,
  /** The same. */
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
  ...vectorOnly,
  publisher: id,
  publisher_authid: text,
  publisher_authrole: text,
  topic: text,
  trustlevel: integer,
  retained: bool,
  x_acknowledged_delivery: bool,
};

export const subscriptionRevocation = { subscription: id, reason: text };

export const register = {
  match,
  invoke,
  disclose_caller: bool,
  forward_timeout: bool,
  /** Not in the specification: how many invocations the callee takes at once. */
  concurrency: integer,
  /** Not in the specification: take the procedure from whoever holds it. */
  force_reregister: bool,
};

export const registrationRevocation = { registration: id, reason: text };

export const call = {
  ...passthru,
  receive_progress: bool,
  progress: bool,
  /** Milliseconds; 0 or absent: none. */
  timeout: integer,
  disclose_me: bool,
  runmode: text,
  rkey: text,
};

export const cancel = { mode };

export const invocation = {
  ...passthru,
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

/** Checks a value as the Options of PUBLISH. @throws ProtocolViolation naming the key that is wrong */
export const publishOptions: Check<PublishOptions> = dict(publish)('PUBLISH.Options');
