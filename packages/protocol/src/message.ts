/** The 25 messages of WAMP as plain, readonly objects. */
import type { Payload } from './payload.ts';
import type { Dict, Id, Uri } from './words.ts';

/** The message codes of the wire. */
export const MessageType = {
  HELLO: 1,
  WELCOME: 2,
  ABORT: 3,
  CHALLENGE: 4,
  AUTHENTICATE: 5,
  GOODBYE: 6,
  ERROR: 8,
  PUBLISH: 16,
  PUBLISHED: 17,
  SUBSCRIBE: 32,
  SUBSCRIBED: 33,
  UNSUBSCRIBE: 34,
  UNSUBSCRIBED: 35,
  EVENT: 36,
  CALL: 48,
  CANCEL: 49,
  RESULT: 50,
  REGISTER: 64,
  REGISTERED: 65,
  UNREGISTER: 66,
  UNREGISTERED: 67,
  INVOCATION: 68,
  INTERRUPT: 69,
  YIELD: 70,
  /** Not in the specification's text, only in its test vectors: decoded and ignored. */
  EVENT_RECEIVED: 337,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** How a pattern selects URIs. */
export type MatchPolicy = 'exact' | 'prefix' | 'wildcard';
/** How a call chooses among the callees of a shared registration; `load`, the least busy, is ours. */
export type InvocationPolicy = 'single' | 'first' | 'last' | 'roundrobin' | 'random' | 'load';
/** What CANCEL asks of the dealer. */
export type CancelMode = 'skip' | 'kill' | 'killnowait';

/** Payload passthru attributes, copied from request to delivery untouched. */
export interface PassthruAttributes extends Dict {
  readonly ppt_scheme?: string;
  readonly ppt_serializer?: string;
  readonly ppt_cipher?: string;
  readonly ppt_keyid?: string;
}

/** What one role announces: `{}` or `{ features: { name: true } }`. */
export interface RoleDetails extends Dict {
  readonly features?: Dict;
}
export type ClientRole = 'publisher' | 'subscriber' | 'caller' | 'callee';
export type RouterRole = 'broker' | 'dealer';

export interface HelloDetails extends Dict {
  readonly roles: Readonly<Partial<Record<ClientRole, RoleDetails>>>;
  readonly agent?: string;
  readonly authmethods?: readonly string[];
  readonly authid?: string;
  readonly authrole?: string;
  readonly authextra?: Dict;
}
export interface WelcomeDetails extends Dict {
  readonly roles: Readonly<Partial<Record<RouterRole, RoleDetails>>>;
  readonly agent?: string;
  readonly realm?: Uri;
  readonly authid?: string;
  readonly authrole?: string;
  readonly authmethod?: string;
  readonly authprovider?: string;
  readonly authextra?: Dict;
  /** Ours: the longest message that the router takes of this session, in bytes. */
  readonly x_max_message_size?: number;
}
export interface ClosingDetails extends Dict {
  readonly message?: string;
}
export interface PublishOptions extends PassthruAttributes {
  readonly acknowledge?: boolean;
  readonly exclude_me?: boolean;
  readonly disclose_me?: boolean;
  readonly exclude?: readonly Id[];
  readonly exclude_authid?: readonly string[];
  readonly exclude_authrole?: readonly string[];
  readonly eligible?: readonly Id[];
  readonly eligible_authid?: readonly string[];
  readonly eligible_authrole?: readonly string[];
  /** Keeps the event for later subscribers; without a payload, takes back what was kept. */
  readonly retain?: boolean;
  /** For how long it is retained, in ms; ours, and not of the specification. */
  readonly x_expires?: number;
  /** The same. */
  readonly expires?: number;
  readonly rkey?: string;
}
export interface SubscribeOptions extends Dict {
  readonly match?: MatchPolicy;
  readonly get_retained?: boolean;
  readonly nkey?: string;
}
export interface EventDetails extends PassthruAttributes {
  readonly publisher?: Id;
  readonly publisher_authid?: string;
  readonly publisher_authrole?: string;
  readonly topic?: Uri;
  readonly trustlevel?: number;
  readonly retained?: boolean;
}
export interface SubscriptionRevocation extends Dict {
  readonly subscription?: Id;
  readonly reason?: string;
}
export interface RegisterOptions extends Dict {
  readonly match?: MatchPolicy;
  readonly invoke?: InvocationPolicy;
  readonly disclose_caller?: boolean;
  readonly forward_timeout?: boolean;
  /** Not in the specification: how many invocations the callee takes at once. */
  readonly concurrency?: number;
  /** Not in the specification: take the procedure from whoever holds it. */
  readonly force_reregister?: boolean;
}
export interface RegistrationRevocation extends Dict {
  readonly registration?: Id;
  readonly reason?: string;
}
export interface CallOptions extends PassthruAttributes {
  readonly receive_progress?: boolean;
  readonly progress?: boolean;
  /** Milliseconds; 0 or absent: none. */
  readonly timeout?: number;
  readonly disclose_me?: boolean;
  readonly runmode?: string;
  readonly rkey?: string;
}
export interface CancelOptions extends Dict {
  readonly mode?: CancelMode;
}
export interface InvocationDetails extends PassthruAttributes {
  readonly procedure?: Uri;
  readonly receive_progress?: boolean;
  readonly progress?: boolean;
  readonly timeout?: number;
  readonly caller?: Id;
  readonly caller_authid?: string;
  readonly caller_authrole?: string;
  readonly trustlevel?: number;
}
export interface InterruptOptions extends Dict {
  readonly mode?: CancelMode;
  readonly reason?: Uri;
}
export interface YieldOptions extends PassthruAttributes {
  readonly progress?: boolean;
}
export type ResultDetails = YieldOptions;
export type ErrorDetails = PassthruAttributes;

/** The request types that an ERROR may answer. */
export type RequestType =
  | typeof MessageType.PUBLISH
  | typeof MessageType.SUBSCRIBE
  | typeof MessageType.UNSUBSCRIBE
  | typeof MessageType.CALL
  | typeof MessageType.REGISTER
  | typeof MessageType.UNREGISTER
  | typeof MessageType.INVOCATION
  | typeof MessageType.YIELD;

export interface Hello {
  readonly type: typeof MessageType.HELLO;
  /** Empty when the client left the choice to the router. */
  readonly realm: Uri;
  readonly details: HelloDetails;
}
export interface Welcome {
  readonly type: typeof MessageType.WELCOME;
  readonly session: Id;
  readonly details: WelcomeDetails;
}
export interface Abort {
  readonly type: typeof MessageType.ABORT;
  readonly details: ClosingDetails;
  readonly reason: Uri;
  readonly payload: Payload;
}
export interface Challenge {
  readonly type: typeof MessageType.CHALLENGE;
  readonly authmethod: string;
  readonly extra: Dict;
}
export interface Authenticate {
  readonly type: typeof MessageType.AUTHENTICATE;
  readonly signature: string;
  readonly extra: Dict;
}
export interface Goodbye {
  readonly type: typeof MessageType.GOODBYE;
  readonly details: ClosingDetails;
  readonly reason: Uri;
}
/** ERROR on the wire; as an exception it is an `ApplicationError`. */
export interface ErrorMessage {
  readonly type: typeof MessageType.ERROR;
  readonly requestType: RequestType;
  readonly request: Id;
  readonly details: ErrorDetails;
  readonly error: Uri;
  readonly payload: Payload;
}
export interface Publish {
  readonly type: typeof MessageType.PUBLISH;
  readonly request: Id;
  readonly options: PublishOptions;
  readonly topic: Uri;
  readonly payload: Payload;
}
export interface Published {
  readonly type: typeof MessageType.PUBLISHED;
  readonly request: Id;
  readonly publication: Id;
}
export interface Subscribe {
  readonly type: typeof MessageType.SUBSCRIBE;
  readonly request: Id;
  readonly options: SubscribeOptions;
  readonly topic: Uri;
}
export interface Subscribed {
  readonly type: typeof MessageType.SUBSCRIBED;
  readonly request: Id;
  readonly subscription: Id;
}
export interface Unsubscribe {
  readonly type: typeof MessageType.UNSUBSCRIBE;
  readonly request: Id;
  readonly subscription: Id;
}
export interface Unsubscribed {
  readonly type: typeof MessageType.UNSUBSCRIBED;
  /** 0 when the broker revokes the subscription named in `details`. */
  readonly request: Id;
  readonly details?: SubscriptionRevocation;
}
export interface Event {
  readonly type: typeof MessageType.EVENT;
  readonly subscription: Id;
  readonly publication: Id;
  readonly details: EventDetails;
  readonly payload: Payload;
}
export interface Call {
  readonly type: typeof MessageType.CALL;
  readonly request: Id;
  readonly options: CallOptions;
  readonly procedure: Uri;
  readonly payload: Payload;
}
export interface Cancel {
  readonly type: typeof MessageType.CANCEL;
  readonly request: Id;
  readonly options: CancelOptions;
}
export interface Result {
  readonly type: typeof MessageType.RESULT;
  readonly request: Id;
  readonly details: ResultDetails;
  readonly payload: Payload;
}
export interface Register {
  readonly type: typeof MessageType.REGISTER;
  readonly request: Id;
  readonly options: RegisterOptions;
  readonly procedure: Uri;
}
export interface Registered {
  readonly type: typeof MessageType.REGISTERED;
  readonly request: Id;
  readonly registration: Id;
}
export interface Unregister {
  readonly type: typeof MessageType.UNREGISTER;
  readonly request: Id;
  readonly registration: Id;
}
export interface Unregistered {
  readonly type: typeof MessageType.UNREGISTERED;
  /** 0 when the dealer revokes the registration named in `details`. */
  readonly request: Id;
  readonly details?: RegistrationRevocation;
}
export interface Invocation {
  readonly type: typeof MessageType.INVOCATION;
  readonly request: Id;
  readonly registration: Id;
  readonly details: InvocationDetails;
  readonly payload: Payload;
}
export interface Interrupt {
  readonly type: typeof MessageType.INTERRUPT;
  readonly request: Id;
  readonly options: InterruptOptions;
}
export interface Yield {
  readonly type: typeof MessageType.YIELD;
  readonly request: Id;
  readonly options: YieldOptions;
  readonly payload: Payload;
}
export interface EventReceived {
  readonly type: typeof MessageType.EVENT_RECEIVED;
  readonly publication: Id;
}

/** Any message; `message.type` tells which. */
export type Message =
  | Hello
  | Welcome
  | Abort
  | Challenge
  | Authenticate
  | Goodbye
  | ErrorMessage
  | Publish
  | Published
  | Subscribe
  | Subscribed
  | Unsubscribe
  | Unsubscribed
  | Event
  | Call
  | Cancel
  | Result
  | Register
  | Registered
  | Unregister
  | Unregistered
  | Invocation
  | Interrupt
  | Yield
  | EventReceived;
