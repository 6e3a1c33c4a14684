/** The options of the session's methods, with the rule for each value. */
import { callKeys, publishKeys, registerKeys, subscribeKeys } from '@wamp/protocol';
import type { CallOptions } from './call-options.ts';
import {
  BOOL,
  BUFFER,
  CANCEL_MODE,
  COUNT,
  DICT,
  extra,
  FUNCTION,
  having,
  MILLISECONDS,
  nested,
  oneOf,
  onTheWire,
  PASSTHRU,
  rule,
  SIGNAL,
  type Rules,
} from './options.ts';
import type { PublishOptions } from './publication.ts';
import type { RegisterOptions } from './registration.ts';
import type { StreamOptions } from './stream.ts';
import type { SubscribeOptions } from './subscription.ts';

/** Options of a request with a payload: keyword arguments that accompany a list. */
export type WithKwargs<O> = O & { readonly kwargs?: unknown };

/** The options that are sent to the router, by message. */
export const ON_THE_WIRE: {
  readonly call: Rules<Pick<CallOptions, 'timeout' | 'discloseMe'>>;
  readonly publish: Rules<Omit<PublishOptions, 'signal' | 'passthru' | 'extra' | 'offline' | 'idempotent'>>;
  readonly register: Rules<Omit<RegisterOptions, 'signal' | 'passthru' | 'extra'>>;
  readonly subscribe: Rules<Pick<SubscribeOptions, 'match' | 'getRetained'>>;
} = {
  call: { ...onTheWire(callKeys, 'timeout', 'discloseMe'), timeout: MILLISECONDS },
  publish: onTheWire(
    publishKeys,
    'acknowledge',
    'retain',
    'excludeMe',
    'discloseMe',
    'exclude',
    'excludeAuthid',
    'excludeAuthrole',
    'eligible',
    'eligibleAuthid',
    'eligibleAuthrole',
  ),
  register: onTheWire(
    registerKeys,
    'match',
    'invoke',
    'concurrency',
    'forceReregister',
    'discloseCaller',
    'forwardTimeout',
  ),
  subscribe: onTheWire(subscribeKeys, 'match', 'getRetained'),
};

const ANY = { signal: SIGNAL, passthru: PASSTHRU };
const CALLING = {
  ...ON_THE_WIRE.call,
  ...ANY,
  cancelMode: CANCEL_MODE,
  offline: oneOf('wait', 'fail'),
  extra: extra(callKeys),
  kwargs: DICT,
};

export const CALL: Rules<WithKwargs<CallOptions>> = { ...CALLING, idempotent: BOOL, onProgress: FUNCTION };
export const STREAM: Rules<WithKwargs<StreamOptions>> = {
  ...CALLING,
  input: (value) =>
    having('an iterable', Symbol.asyncIterator)(value) && having('an iterable', Symbol.iterator)(value),
  buffer: BUFFER,
};
export const PUBLISH: Rules<WithKwargs<PublishOptions>> = {
  ...ON_THE_WIRE.publish,
  ...ANY,
  offline: oneOf('wait', 'drop', 'fail'),
  idempotent: BOOL,
  extra: extra(publishKeys),
  kwargs: DICT,
};
export const REGISTER: Rules<RegisterOptions> = {
  ...ON_THE_WIRE.register,
  ...ANY,
  extra: extra(registerKeys),
};
export const SUBSCRIBE: Rules<SubscribeOptions> = {
  ...ON_THE_WIRE.subscribe,
  ...ANY,
  buffer: BUFFER,
  recover: BOOL,
  since: nested('since', {
    epoch: COUNT,
    offset: rule('an integer from 0', (value) => Number.isSafeInteger(value) && Number(value) >= 0),
  }),
  extra: extra(subscribeKeys),
};
