/** The 25 messages of WAMP: plain, readonly objects, each inferred from its row in wire.ts. */
import type { MessageOf } from './wire.ts';

export interface Hello extends MessageOf<'HELLO'> {}
export interface Welcome extends MessageOf<'WELCOME'> {}
export interface Abort extends MessageOf<'ABORT'> {}
export interface Challenge extends MessageOf<'CHALLENGE'> {}
export interface Authenticate extends MessageOf<'AUTHENTICATE'> {}
export interface Goodbye extends MessageOf<'GOODBYE'> {}
/** ERROR on the wire. The exception is `ApplicationError`. */
export interface ErrorMessage extends MessageOf<'ERROR'> {}
export interface Publish extends MessageOf<'PUBLISH'> {}
export interface Published extends MessageOf<'PUBLISHED'> {}
export interface Subscribe extends MessageOf<'SUBSCRIBE'> {}
export interface Subscribed extends MessageOf<'SUBSCRIBED'> {}
export interface Unsubscribe extends MessageOf<'UNSUBSCRIBE'> {}
export interface Unsubscribed extends MessageOf<'UNSUBSCRIBED'> {}
export interface Event extends MessageOf<'EVENT'> {}
export interface Call extends MessageOf<'CALL'> {}
export interface Cancel extends MessageOf<'CANCEL'> {}
export interface Result extends MessageOf<'RESULT'> {}
export interface Register extends MessageOf<'REGISTER'> {}
export interface Registered extends MessageOf<'REGISTERED'> {}
export interface Unregister extends MessageOf<'UNREGISTER'> {}
export interface Unregistered extends MessageOf<'UNREGISTERED'> {}
export interface Invocation extends MessageOf<'INVOCATION'> {}
export interface Interrupt extends MessageOf<'INTERRUPT'> {}
export interface Yield extends MessageOf<'YIELD'> {}
export interface EventReceived extends MessageOf<'EVENT_RECEIVED'> {}

/** Any message, discriminated by `type`. */
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
