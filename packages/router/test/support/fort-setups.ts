/** The routers that are attacked: their settings by name. */
import type { ServerOptions } from 'node:http';
import {
  defaultFeatures,
  anonymous,
  cryptosign,
  dynamicAuthorizer,
  permissions,
  ticket,
  wampcra,
  type Authorizer,
  type Permission,
  type RouterOptions,
  type WebSocketOptions,
} from '@wamp/router';

export interface Setup {
  readonly router: Partial<RouterOptions>;
  readonly webSocket?: Partial<WebSocketOptions>;
  readonly http?: ServerOptions;
}

/** What the witnesses need. */
const WITNESSES: readonly Permission[] = [
  { uri: 'witness.*', allow: ['call', 'register', 'publish', 'subscribe'] },
  { uri: 'wamp.session.count', allow: ['call'] },
];

/** What answers of an authorizer there may be that are no clear yes, by the last component of the URI. */
const ANSWERS: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('out of order');
  },
  rejects: () => Promise.reject(new Error('out of order')),
  never: () => new Promise(() => undefined),
  nothing: () => undefined,
  null: () => null,
  text: () => 'true',
  one: () => 1,
  list: () => [],
  object: () => ({}),
  textual: () => ({ allow: 'true' }),
  more: () => ({ allow: true, unless: 'it rains' }),
  later: () => Promise.resolve('true'),
  no: () => false,
  yes: () => true,
};

/** Is as clear as the URI wants; what is the witnesses' is theirs. */
const unclear: Authorizer = {
  authorize: (_principal, _action, uri) =>
    isTheirs(uri) || (ANSWERS[uri.split('.').at(-1) ?? '']?.() as Promise<boolean>),
};

function isTheirs(uri: string): boolean {
  return uri.startsWith('witness.') || uri === 'wamp.session.count';
}

/** Asks `com.judge`, which anybody may register. */
function judged(): Authorizer {
  const judge = dynamicAuthorizer('com.judge', { timeout: 2000, capacity: 100 });
  return {
    authorize: (principal, action, uri, options, asker) =>
      isTheirs(uri) || uri === 'com.judge' || judge.authorize(principal, action, uri, options, asker),
  };
}

const EVERYTHING = ['call', 'register', 'publish', 'subscribe'] as const;

export const SETUPS: Readonly<Record<string, () => Setup>> = {
  /** As it comes. */
  plain: () => ({ router: {} }),
  /** As it comes, in a process that traces asynchronous calls. */
  traced: () => ({ router: {} }),
  /** Its strangers do not inflate: without event history, WELCOME is so short that it is not compressed. */
  compressing: () => ({
    router: {
      features: defaultFeatures().filter(
        ({ announces }) => announces?.broker?.includes('event_history') !== true,
      ),
    },
    webSocket: { compression: true },
  }),
  /** Little patience, and little room. */
  tight: () => ({
    router: {
      limits: { helloTimeout: 500, authenticateTimeout: 500, goodbyeTimeout: 500, queueSize: 1024 * 1024 },
      quotas: { subscriptions: 1000, registrations: 1000, calls: 1000, invocations: 1000 },
    },
    http: { headersTimeout: 500, requestTimeout: 1000 },
  }),
  /** Where people have names, and little is theirs. */
  guarded: () => ({
    router: {
      attempts: false,
      authenticators: [
        anonymous(),
        ticket(
          new Map(['joe', 'ann'].map((name) => [name, { ticket: `secret of ${name}`, authrole: 'user' }])),
        ),
        wampcra(new Map([['joe', { secret: 'secret', salt: 'salt', iterations: 10, authrole: 'user' }]])),
        cryptosign(new Map([['joe', { authorizedKeys: ['ab'.repeat(32)], authrole: 'user' }]])),
      ],
      authorizer: permissions({
        roles: {
          anonymous: { permissions: WITNESSES },
          user: {
            permissions: [
              { uri: 'com.{authid}.*', allow: EVERYTHING },
              { uri: 'com.ann.public', allow: ['call', 'subscribe'] },
            ],
          },
        },
      }),
    },
  }),
  unclear: () => ({ router: { authorizer: unclear, limits: { authorizeTimeout: 300 } } }),
  judged: () => ({ router: { authorizer: judged() } }),
};
