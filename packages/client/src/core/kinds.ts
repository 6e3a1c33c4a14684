/** The messages of subscriptions and of registrations. */
import { ErrorUri, Code, type Registered, type Subscribed } from '@wamp/protocol';
import type { Kind } from './attachments.ts';
import type { Subscriber } from './subscriber.ts';
import type { Callee } from './callee.ts';

export const SUBSCRIPTIONS: Kind<Subscriber> = {
  joinType: Code.SUBSCRIBE,
  leaveType: Code.UNSUBSCRIBE,
  noSuch: ErrorUri.NO_SUCH_SUBSCRIPTION,
  join: (request, { uri, options }) => ({ type: Code.SUBSCRIBE, request, options, topic: uri }),
  leave: (request, subscription) => ({ type: Code.UNSUBSCRIBE, request, subscription }),
  // The type of the answer follows from the type of the request.
  idIn: (answer) => (answer as Subscribed).subscription,
};

export const REGISTRATIONS: Kind<Callee> = {
  joinType: Code.REGISTER,
  leaveType: Code.UNREGISTER,
  noSuch: ErrorUri.NO_SUCH_REGISTRATION,
  join: (request, { uri, options }) => ({ type: Code.REGISTER, request, options, procedure: uri }),
  leave: (request, registration) => ({ type: Code.UNREGISTER, request, registration }),
  idIn: (answer) => (answer as Registered).registration,
};
