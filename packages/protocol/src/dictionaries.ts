/** The known keys of every Options, Details and Extra dictionary, and what each holds. */
import { anything, bool, dict, id, integer, list, oneOf, text, type Keys } from './fields.ts';

const MATCH = ['exact', 'prefix', 'wildcard'] as const;
const INVOKE = ['single', 'first', 'last', 'roundrobin', 'random', 'load'] as const;
const MODE = ['skip', 'kill', 'killnowait'] as const;

const passthru: Keys = {
  ppt_scheme: text('ppt_scheme'),
  ppt_serializer: text('ppt_serializer'),
  ppt_cipher: text('ppt_cipher'),
  ppt_keyid: text('ppt_keyid'),
};

/** Known from the specification's test vectors only; carried along, never acted upon. */
const vectorOnly: Keys = {
  transaction_hash: text('transaction_hash'),
  forward_for: list('forward_for', (name) => dict(name)),
};

const role = (name: string) => dict(name, { features: dict('features') });

export const hello: Keys = {
  roles: dict('roles', {
    publisher: role('publisher'),
    subscriber: role('subscriber'),
    caller: role('caller'),
    callee: role('callee'),
  }),
  agent: text('agent'),
  authmethods: list('authmethods', text),
  authid: text('authid'),
  authrole: text('authrole'),
  authextra: dict('authextra'),
};

export const welcome: Keys = {
  roles: dict('roles', { broker: role('broker'), dealer: role('dealer') }),
  agent: text('agent'),
  realm: text('realm'),
  authid: text('authid'),
  authrole: text('authrole'),
  authmethod: text('authmethod'),
  authprovider: text('authprovider'),
  authextra: dict('authextra'),
  x_max_message_size: integer('x_max_message_size'),
};

export const closing: Keys = { message: text('message') };

export const publish: Keys = {
  ...passthru,
  ...vectorOnly,
  acknowledge: bool('acknowledge'),
  exclude_me: bool('exclude_me'),
  disclose_me: bool('disclose_me'),
  exclude: list('exclude', id),
  exclude_authid: list('exclude_authid', text),
  exclude_authrole: list('exclude_authrole', text),
  eligible: list('eligible', id),
  eligible_authid: list('eligible_authid', text),
  eligible_authrole: list('eligible_authrole', text),
  retain: bool('retain'),
  // Ours, beside retain: for how long, in ms. The first is the name for the wire, the second is taken, too.
  x_expires: integer('x_expires'),
  expires: integer('expires'),
  rkey: text('rkey'),
};

export const subscribe: Keys = {
  match: oneOf('match', MATCH),
  get_retained: bool('get_retained'),
  nkey: text('nkey'),
  forward_for: list('forward_for', (name) => dict(name)),
};

export const event: Keys = {
  ...passthru,
  ...vectorOnly,
  publisher: id('publisher'),
  publisher_authid: text('publisher_authid'),
  publisher_authrole: text('publisher_authrole'),
  topic: text('topic'),
  trustlevel: integer('trustlevel'),
  retained: bool('retained'),
  x_acknowledged_delivery: bool('x_acknowledged_delivery'),
};

export const subscriptionRevocation: Keys = { subscription: id('subscription'), reason: text('reason') };

export const register: Keys = {
  match: oneOf('match', MATCH),
  invoke: oneOf('invoke', INVOKE),
  disclose_caller: bool('disclose_caller'),
  forward_timeout: bool('forward_timeout'),
  concurrency: integer('concurrency'),
  force_reregister: bool('force_reregister'),
};

export const registrationRevocation: Keys = { registration: id('registration'), reason: text('reason') };

export const call: Keys = {
  ...passthru,
  receive_progress: bool('receive_progress'),
  progress: bool('progress'),
  timeout: integer('timeout'),
  disclose_me: bool('disclose_me'),
  runmode: text('runmode'),
  rkey: text('rkey'),
};

export const cancel: Keys = { mode: oneOf('mode', MODE) };

export const invocation: Keys = {
  ...passthru,
  procedure: text('procedure'),
  receive_progress: bool('receive_progress'),
  progress: bool('progress'),
  timeout: integer('timeout'),
  caller: id('caller'),
  caller_authid: text('caller_authid'),
  caller_authrole: text('caller_authrole'),
  trustlevel: integer('trustlevel'),
};

export const interrupt: Keys = { mode: oneOf('mode', MODE), reason: anything() };

export const yielding: Keys = { ...passthru, progress: bool('progress') };

export const error: Keys = passthru;
