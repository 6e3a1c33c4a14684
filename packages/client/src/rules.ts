/** The options of the session's methods, with the rule for each value. */
import { isId, type Dict } from '@wamp/protocol';
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
  listOf,
  MILLISECONDS,
  nested,
  oneOf,
  PASSTHRU,
  rule,
  SIGNAL,
  TEXT,
  wireOptions,
  type Rules,
} from './options.ts';
import type { PublishOptions } from './publication.ts';
import type { RegisterOptions } from './registration.ts';
import type { StreamOptions } from './stream.ts';
import type { SubscribeOptions } from './subscription.ts';

/** Options of a request with a payload: keyword arguments that accompany a list. */
export type WithKwargs<O> = O & { readonly kwargs?: unknown };

const FROM_ZERO = rule('an integer from 0', (value) => Number.isSafeInteger(value) && Number(value) >= 0);
const MATCH = oneOf('exact', 'prefix', 'wildcard');
const IDS = listOf('ids', isId);
const TEXTS = listOf('strings', (item) => typeof item === 'string');

/** The options that are sent to the router, by message. */
export const ON_THE_WIRE: {
  readonly call: Rules<Pick<CallOptions, 'timeout' | 'discloseMe'>>;
  readonly publish: Rules<Omit<PublishOptions, 'signal' | 'passthru' | 'extra' | 'offline' | 'idempotent'>>;
  readonly register: Rules<Omit<RegisterOptions, 'signal' | 'passthru' | 'extra'>>;
  readonly subscribe: Rules<Pick<SubscribeOptions, 'match' | 'getRetained'>>;
} = {
  call: { timeout: MILLISECONDS, discloseMe: BOOL },
  publish: {
    acknowledge: BOOL,
    retain: BOOL,
    excludeMe: BOOL,
    discloseMe: BOOL,
    exclude: IDS,
    excludeAuthid: TEXTS,
    excludeAuthrole: TEXTS,
    eligible: IDS,
    eligibleAuthid: TEXTS,
    eligibleAuthrole: TEXTS,
  },
  register: {
    match: MATCH,
    invoke: oneOf('single', 'first', 'last', 'roundrobin', 'random', 'load'),
    concurrency: FROM_ZERO,
    forceReregister: BOOL,
    discloseCaller: BOOL,
    forwardTimeout: BOOL,
  },
  subscribe: { match: MATCH, getRetained: BOOL },
};

const ANY = { signal: SIGNAL, passthru: PASSTHRU };
const CALLING = {
  ...ON_THE_WIRE.call,
  ...ANY,
  cancelMode: CANCEL_MODE,
  offline: oneOf('wait', 'fail'),
  extra: extra({ ...ON_THE_WIRE.call, rkey: TEXT }),
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
  extra: extra({ ...ON_THE_WIRE.publish, rkey: TEXT }),
  kwargs: DICT,
};
export const REGISTER: Rules<RegisterOptions> = {
  ...ON_THE_WIRE.register,
  ...ANY,
  extra: extra(ON_THE_WIRE.register),
};
export const SUBSCRIBE: Rules<SubscribeOptions> = {
  ...ON_THE_WIRE.subscribe,
  ...ANY,
  buffer: BUFFER,
  recover: BOOL,
  since: nested('since', {
    epoch: COUNT,
    offset: FROM_ZERO,
    seen: DICT,
  }),
  extra: extra({ ...ON_THE_WIRE.subscribe, nkey: TEXT }),
};

/** The options of a CALL. */
export function callAttributes(
  options: CallOptions<never> | undefined,
  hasProgress: boolean,
  hasInput: boolean,
): Dict {
  const given = wireOptions(options, ON_THE_WIRE.call);
  if (options === undefined && !hasProgress) return given;
  const { timeout } = options ?? {};
  return {
    ...(hasProgress && { receive_progress: true }),
    ...(hasInput && { progress: true }),
    ...given,
    ...(timeout !== undefined && { timeout: Math.ceil(timeout) }),
  };
}
