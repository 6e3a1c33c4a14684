/** The messages of subscriptions and of registrations. */
import { ErrorUri, MessageType, type Registered, type Subscribed } from '@wamp/protocol';
import type { Kind } from './attachments.ts';
import type { Subscriber } from './events.ts';
import type { Callee } from './invocations.ts';

export const SUBSCRIPTIONS: Kind<Subscriber> = {
  joinType: MessageType.SUBSCRIBE,
  leaveType: MessageType.UNSUBSCRIBE,
  noSuch: ErrorUri.NO_SUCH_SUBSCRIPTION,
  join: (request, { uri, options }) => ({ type: MessageType.SUBSCRIBE, request, options, topic: uri }),
  leave: (request, subscription) => ({ type: MessageType.UNSUBSCRIBE, request, subscription }),
  // The type of the answer follows from the type of the request.
  idIn: (answer) => (answer as Subscribed).subscription,
};

export const REGISTRATIONS: Kind<Callee> = {
  joinType: MessageType.REGISTER,
  leaveType: MessageType.UNREGISTER,
  noSuch: ErrorUri.NO_SUCH_REGISTRATION,
  join: (request, { uri, options }) => ({ type: MessageType.REGISTER, request, options, procedure: uri }),
  leave: (request, registration) => ({ type: MessageType.UNREGISTER, request, registration }),
  idIn: (answer) => (answer as Registered).registration,
};
