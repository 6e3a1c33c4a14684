/** The wire table: one row for each message, with its elements in order. The types of the messages are inferred from it. */
import * as keys from './dictionaries.ts';
import {
  anyDict,
  dict,
  id,
  realm,
  requestType,
  revokingId,
  text,
  type Check,
  type Field,
  type Held,
} from './fields.ts';
import type { MessageType } from './message-type.ts';
import type { Payload } from './payload.ts';

/** Elements by their property names in the message, in the order of the wire. */
type RowElements = Readonly<Record<string, Field<unknown>>>;

/** A row of the table. */
export interface Row {
  readonly elements: RowElements;
  /** The elements after those; a message may end before them. */
  readonly optional?: RowElements;
  /** True when Args and Kwargs may follow. */
  readonly payload?: boolean;
  /** How many further elements a reader ignores. */
  readonly tolerated?: number;
}

/** The name of a message in the specification: `CALL`. */
export type MessageName = keyof typeof MessageType;

export const wire = {
  HELLO: { elements: { realm, details: dict(keys.hello, 'roles') } },
  WELCOME: { elements: { session: id, details: dict(keys.welcome, 'roles') } },
  ABORT: { elements: { details: dict(keys.closing), reason: text }, payload: true },
  CHALLENGE: { elements: { authmethod: text, extra: anyDict } },
  AUTHENTICATE: { elements: { signature: text, extra: anyDict } },
  GOODBYE: { elements: { details: dict(keys.closing), reason: text } },
  ERROR: { elements: { requestType, request: id, details: dict(keys.error), error: text }, payload: true },
  PUBLISH: { elements: { request: id, options: dict(keys.publish), topic: text }, payload: true },
  PUBLISHED: { elements: { request: id, publication: id } },
  SUBSCRIBE: { elements: { request: id, options: dict(keys.subscribe), topic: text } },
  SUBSCRIBED: { elements: { request: id, subscription: id } },
  // Some clients send Options as well.
  UNSUBSCRIBE: { elements: { request: id, subscription: id }, tolerated: 1 },
  UNSUBSCRIBED: {
    elements: {
      /** 0 when the broker revokes the subscription named in `details`. */
      request: revokingId,
    },
    optional: { details: dict(keys.subscriptionRevocation) },
  },
  EVENT: { elements: { subscription: id, publication: id, details: dict(keys.event) }, payload: true },
  CALL: { elements: { request: id, options: dict(keys.call), procedure: text }, payload: true },
  CANCEL: { elements: { request: id, options: dict(keys.cancel) } },
  RESULT: { elements: { request: id, details: dict(keys.yielding) }, payload: true },
  REGISTER: { elements: { request: id, options: dict(keys.register), procedure: text } },
  REGISTERED: { elements: { request: id, registration: id } },
  // Some clients send Options as well.
  UNREGISTER: { elements: { request: id, registration: id }, tolerated: 1 },
  UNREGISTERED: {
    elements: {
      /** 0 when the dealer revokes the registration named in `details`. */
      request: revokingId,
    },
    optional: { details: dict(keys.registrationRevocation) },
  },
  INVOCATION: { elements: { request: id, registration: id, details: dict(keys.invocation) }, payload: true },
  INTERRUPT: { elements: { request: id, options: dict(keys.interrupt) } },
  YIELD: { elements: { request: id, options: dict(keys.yielding) }, payload: true },
  EVENT_RECEIVED: { elements: { publication: id } },
} satisfies Record<MessageName, Row>;

type Wire = typeof wire;
type Values<E> = { readonly [N in keyof E]: Held<E[N]> };

/** The type of a message, inferred from its row. */
export type MessageOf<N extends MessageName> = { readonly type: (typeof MessageType)[N] } & Values<
  Wire[N]['elements']
> &
  (Wire[N] extends { readonly optional: infer O } ? Partial<Values<O>> : unknown) &
  (Wire[N] extends { readonly payload: true } ? { readonly payload: Payload } : unknown);

/** The checks of a row's elements. */
type ChecksOf<N extends MessageName> = {
  readonly [K in keyof ElementsOf<N>]-?: Check<Held<ElementsOf<N>[K]>>;
};
type ElementsOf<N extends MessageName> = Wire[N]['elements'] &
  (Wire[N] extends { readonly optional: infer O } ? O : unknown);

/** The reader and the writer of one message type. */
export interface CompiledRow<M> {
  readonly read: (elements: readonly unknown[], payload: Payload) => M;
  /** Without the payload. */
  readonly write: (message: M) => unknown[];
}

/** For each message type, the function that makes its reader and writer from the checks of its elements. */
export type CompiledRows = {
  readonly [N in MessageName]: (checks: ChecksOf<N>) => CompiledRow<MessageOf<N>>;
};
