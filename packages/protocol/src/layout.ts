/** The wire table: for each message type its elements in order, and what each may hold. */
import { ProtocolViolation } from './errors.ts';
import {
  dict,
  id,
  isDict,
  optional,
  requestType,
  revokingId,
  realm,
  text,
  type Check,
  type Field,
} from './fields.ts';
import {
  MessageType,
  type Abort,
  type Authenticate,
  type Call,
  type Cancel,
  type Challenge,
  type ClosingDetails,
  type ErrorDetails,
  type ErrorMessage,
  type Event,
  type EventReceived,
  type Goodbye,
  type Hello,
  type Interrupt,
  type Invocation,
  type Message,
  type Publish,
  type Published,
  type Register,
  type Registered,
  type RegistrationRevocation,
  type Result,
  type Subscribe,
  type Subscribed,
  type SubscriptionRevocation,
  type Unregister,
  type Unregistered,
  type Unsubscribe,
  type Unsubscribed,
  type Welcome,
  type Yield,
} from './message.ts';
import * as keys from './option-keys.ts';
import { Payload } from './payload.ts';
import type { Dict, Id } from './words.ts';

/** A message type's row in the table. */
export interface Layout {
  /** The name in the specification, such as `CALL`. */
  readonly name: string;
  readonly type: MessageType;
  /** Elements of the envelope, the type included: at least and at most this many. */
  readonly least: number;
  readonly most: number;
  /** Whether Args and Kwargs may follow the envelope. */
  readonly payload: boolean;
  /** Elements to message. @throws ProtocolViolation naming the element that is wrong */
  readonly read: (elements: readonly unknown[], payload: Payload) => Message;
  /** Message to elements, without its payload. */
  readonly write: (message: Message) => unknown[];
}

interface Row<M extends Message, F extends readonly unknown[]> {
  readonly fields: { readonly [K in keyof F]: Field<F[K]> };
  /** True when Args and Kwargs may follow. */
  readonly payload?: boolean;
  /** How many elements a lenient reader tolerates behind the fields; they are not read. */
  readonly tolerated?: number;
  /** How many of the fields may be missing. */
  readonly missing?: number;
  readonly read: (...values: [...F, Payload]) => M;
  /** The type, and the fields in order. */
  readonly write: (message: M) => unknown[];
}

/** By message type. */
const layouts: (Layout | undefined)[] = [];

function layout<M extends Message, F extends readonly unknown[]>(
  name: keyof typeof MessageType,
  row: Row<M, F>,
): void {
  const type = MessageType[name];
  const checks = row.fields.map((field) => field(name));
  const most = row.fields.length + 1;
  layouts[type] = {
    name,
    type,
    least: most - (row.missing ?? 0),
    most: most + (row.tolerated ?? 0),
    payload: row.payload ?? false,
    read: reader(checks, row.read as (...values: unknown[]) => M),
    // A row is only ever given the messages of its own type.
    write: row.write as (message: Message) => unknown[],
  };
}

/** One call, no list between: reading is the hottest path there is. */
function reader<M>(
  checks: readonly Check<unknown>[],
  build: (...values: unknown[]) => M,
): (elements: readonly unknown[], payload: Payload) => M {
  const [a = absent, b = absent, c = absent, d = absent] = checks;
  switch (checks.length) {
    case 1:
      return (elements, payload) => build(a(elements[1]), payload);
    case 2:
      return (elements, payload) => build(a(elements[1]), b(elements[2]), payload);
    case 3:
      return (elements, payload) => build(a(elements[1]), b(elements[2]), c(elements[3]), payload);
    default:
      return (elements, payload) =>
        build(a(elements[1]), b(elements[2]), c(elements[3]), d(elements[4]), payload);
  }
}

const absent: Check<undefined> = () => undefined;

layout('HELLO', {
  fields: [realm('Realm'), dict<Hello['details']>('Details', keys.hello, ['roles'])],
  read: (realm, details): Hello => ({ type: MessageType.HELLO, realm, details }),
  write: (m: Hello) => [m.type, m.realm, m.details],
});
layout('WELCOME', {
  fields: [id('Session'), dict<Welcome['details']>('Details', keys.welcome, ['roles'])],
  read: (session, details): Welcome => ({ type: MessageType.WELCOME, session, details }),
  write: (m: Welcome) => [m.type, m.session, m.details],
});
layout('ABORT', {
  fields: [dict<ClosingDetails>('Details', keys.closing), text('Reason')],
  payload: true,
  read: (details, reason, payload): Abort => ({ type: MessageType.ABORT, details, reason, payload }),
  write: (m: Abort) => [m.type, m.details, m.reason],
});
layout('CHALLENGE', {
  fields: [text('AuthMethod'), dict<Dict>('Extra')],
  read: (authmethod, extra): Challenge => ({ type: MessageType.CHALLENGE, authmethod, extra }),
  write: (m: Challenge) => [m.type, m.authmethod, m.extra],
});
layout('AUTHENTICATE', {
  fields: [text('Signature'), dict<Dict>('Extra')],
  read: (signature, extra): Authenticate => ({ type: MessageType.AUTHENTICATE, signature, extra }),
  write: (m: Authenticate) => [m.type, m.signature, m.extra],
});
layout('GOODBYE', {
  fields: [dict<ClosingDetails>('Details', keys.closing), text('Reason')],
  read: (details, reason): Goodbye => ({ type: MessageType.GOODBYE, details, reason }),
  write: (m: Goodbye) => [m.type, m.details, m.reason],
});
layout('ERROR', {
  fields: [
    requestType('REQUEST.Type'),
    id('REQUEST.Request'),
    dict<ErrorDetails>('Details', keys.error),
    text('Error'),
  ],
  payload: true,
  read: (requestType, request, details, error, payload): ErrorMessage => ({
    type: MessageType.ERROR,
    requestType,
    request,
    details,
    error,
    payload,
  }),
  write: (m: ErrorMessage) => [m.type, m.requestType, m.request, m.details, m.error],
});
layout('PUBLISH', {
  fields: [id('Request'), dict<Publish['options']>('Options', keys.publish), text('Topic')],
  payload: true,
  read: (request, options, topic, payload): Publish => ({
    type: MessageType.PUBLISH,
    request,
    options,
    topic,
    payload,
  }),
  write: (m: Publish) => [m.type, m.request, m.options, m.topic],
});
layout('PUBLISHED', {
  fields: [id('PUBLISH.Request'), id('Publication')],
  read: (request, publication): Published => ({ type: MessageType.PUBLISHED, request, publication }),
  write: (m: Published) => [m.type, m.request, m.publication],
});
layout('SUBSCRIBE', {
  fields: [id('Request'), dict<Subscribe['options']>('Options', keys.subscribe), text('Topic')],
  read: (request, options, topic): Subscribe => ({ type: MessageType.SUBSCRIBE, request, options, topic }),
  write: (m: Subscribe) => [m.type, m.request, m.options, m.topic],
});
layout('SUBSCRIBED', {
  fields: [id('SUBSCRIBE.Request'), id('Subscription')],
  read: (request, subscription): Subscribed => ({ type: MessageType.SUBSCRIBED, request, subscription }),
  write: (m: Subscribed) => [m.type, m.request, m.subscription],
});
layout('UNSUBSCRIBE', {
  fields: [id('Request'), id('SUBSCRIBED.Subscription')],
  tolerated: 1, // Options, which some clients send
  read: (request, subscription): Unsubscribe => ({ type: MessageType.UNSUBSCRIBE, request, subscription }),
  write: (m: Unsubscribe) => [m.type, m.request, m.subscription],
});
layout<Unsubscribed, [Id, SubscriptionRevocation | undefined]>('UNSUBSCRIBED', {
  fields: [
    revokingId('UNSUBSCRIBE.Request'),
    optional(dict<SubscriptionRevocation>('Details', keys.subscriptionRevocation)),
  ],
  missing: 1,
  read: (request, details) =>
    details === undefined
      ? { type: MessageType.UNSUBSCRIBED, request }
      : { type: MessageType.UNSUBSCRIBED, request, details },
  write: (m) => (m.details === undefined ? [m.type, m.request] : [m.type, m.request, m.details]),
});
layout('EVENT', {
  fields: [
    id('SUBSCRIBED.Subscription'),
    id('PUBLISHED.Publication'),
    dict<Event['details']>('Details', keys.event),
  ],
  payload: true,
  read: (subscription, publication, details, payload): Event => ({
    type: MessageType.EVENT,
    subscription,
    publication,
    details,
    payload,
  }),
  write: (m: Event) => [m.type, m.subscription, m.publication, m.details],
});
layout('CALL', {
  fields: [id('Request'), dict<Call['options']>('Options', keys.call), text('Procedure')],
  payload: true,
  read: (request, options, procedure, payload): Call => ({
    type: MessageType.CALL,
    request,
    options,
    procedure,
    payload,
  }),
  write: (m: Call) => [m.type, m.request, m.options, m.procedure],
});
layout('CANCEL', {
  fields: [id('CALL.Request'), dict<Cancel['options']>('Options', keys.cancel)],
  read: (request, options): Cancel => ({ type: MessageType.CANCEL, request, options }),
  write: (m: Cancel) => [m.type, m.request, m.options],
});
layout('RESULT', {
  fields: [id('CALL.Request'), dict<Result['details']>('Details', keys.yielding)],
  payload: true,
  read: (request, details, payload): Result => ({ type: MessageType.RESULT, request, details, payload }),
  write: (m: Result) => [m.type, m.request, m.details],
});
layout('REGISTER', {
  fields: [id('Request'), dict<Register['options']>('Options', keys.register), text('Procedure')],
  read: (request, options, procedure): Register => ({
    type: MessageType.REGISTER,
    request,
    options,
    procedure,
  }),
  write: (m: Register) => [m.type, m.request, m.options, m.procedure],
});
layout('REGISTERED', {
  fields: [id('REGISTER.Request'), id('Registration')],
  read: (request, registration): Registered => ({ type: MessageType.REGISTERED, request, registration }),
  write: (m: Registered) => [m.type, m.request, m.registration],
});
layout('UNREGISTER', {
  fields: [id('Request'), id('REGISTERED.Registration')],
  tolerated: 1, // Options, which some clients send
  read: (request, registration): Unregister => ({ type: MessageType.UNREGISTER, request, registration }),
  write: (m: Unregister) => [m.type, m.request, m.registration],
});
layout<Unregistered, [Id, RegistrationRevocation | undefined]>('UNREGISTERED', {
  fields: [
    revokingId('UNREGISTER.Request'),
    optional(dict<RegistrationRevocation>('Details', keys.registrationRevocation)),
  ],
  missing: 1,
  read: (request, details) =>
    details === undefined
      ? { type: MessageType.UNREGISTERED, request }
      : { type: MessageType.UNREGISTERED, request, details },
  write: (m) => (m.details === undefined ? [m.type, m.request] : [m.type, m.request, m.details]),
});
layout('INVOCATION', {
  fields: [
    id('Request'),
    id('REGISTERED.Registration'),
    dict<Invocation['details']>('Details', keys.invocation),
  ],
  payload: true,
  read: (request, registration, details, payload): Invocation => ({
    type: MessageType.INVOCATION,
    request,
    registration,
    details,
    payload,
  }),
  write: (m: Invocation) => [m.type, m.request, m.registration, m.details],
});
layout('INTERRUPT', {
  fields: [id('INVOCATION.Request'), dict<Interrupt['options']>('Options', keys.interrupt)],
  read: (request, options): Interrupt => ({ type: MessageType.INTERRUPT, request, options }),
  write: (m: Interrupt) => [m.type, m.request, m.options],
});
layout('YIELD', {
  fields: [id('INVOCATION.Request'), dict<Yield['options']>('Options', keys.yielding)],
  payload: true,
  read: (request, options, payload): Yield => ({ type: MessageType.YIELD, request, options, payload }),
  write: (m: Yield) => [m.type, m.request, m.options],
});
layout('EVENT_RECEIVED', {
  fields: [id('EVENT.Publication')],
  read: (publication): EventReceived => ({ type: MessageType.EVENT_RECEIVED, publication }),
  write: (m: EventReceived) => [m.type, m.publication],
});

/** The row of a message type. @throws ProtocolViolation when there is none */
export function layoutOf(type: unknown): Layout {
  const number = typeof type === 'bigint' ? Number(type) : type;
  const found = typeof number === 'number' ? layouts[number] : undefined;
  if (found === undefined) throw new ProtocolViolation(`message type: ${describe(type)} is none`);
  return found;
}

function describe(type: unknown): string {
  return typeof type === 'number' ? String(type) : typeof type;
}

/** The envelope's elements on the wire, the type first. */
export function toElements(message: Message): unknown[] {
  return layoutOf(message.type).write(message);
}

/** The whole message as the list that it is on the wire, payload decoded: for logs and tests. */
export function toList(message: Message): unknown[] {
  const elements = toElements(message);
  if (!('payload' in message)) return elements;
  const { count, args, kwargs } = message.payload;
  return count === 0 ? elements : count === 1 ? [...elements, args] : [...elements, args, kwargs];
}

/** The message that a list means. @throws ProtocolViolation */
export function fromList(list: readonly unknown[]): Message {
  const { read, least, most, payload, name } = layoutOf(list[0]);
  if (list.length < least) throw new ProtocolViolation(`${name}: ${list.length} elements are too few`);
  if (list.length > most + (payload ? 2 : 0)) throw new ProtocolViolation(`${name}: too many elements`);
  // Some peers send null for none.
  const [args, kwargs] = (payload ? list.slice(most) : []).map((value) => value ?? undefined);
  if (args !== undefined && !Array.isArray(args))
    throw new ProtocolViolation(`${name}.Args: expected a list`);
  if (kwargs !== undefined && !isDict(kwargs)) throw new ProtocolViolation(`${name}.Kwargs: expected a dict`);
  return read(list, Payload.received(args ?? (kwargs && []), kwargs));
}

/** Checks a value as the Options of PUBLISH. @throws ProtocolViolation naming the key that is wrong */
export const publishOptions: Check<Publish['options']> = dict<Publish['options']>(
  'Options',
  keys.publish,
)('PUBLISH');
