/** The wire table: what each element and each option may hold, in all three serializers' eyes the same. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fromList,
  layoutOf,
  MAX_ID,
  MessageType,
  publishOptions,
  toElements,
  toList,
  type HelloDetails,
  type Message,
  type PublishOptions,
} from '@wamp/protocol';
import { alike } from './alike.ts';
import { arbitraryMessages } from './arbitraries.ts';
import { expectViolation } from './frames.ts';

type Kind = 'id' | 'revoking' | 'string' | 'realm' | 'dict' | 'requestType' | 'list';

/** Checklist §1.1, written down a second time: name, elements behind the type, payload. */
const TABLE: readonly (readonly [
  keyof typeof MessageType,
  readonly (readonly [string, Kind, unknown])[],
  boolean,
])[] = [
  [
    'HELLO',
    [
      ['Realm', 'realm', 'r'],
      ['Details', 'dict', { roles: {} }],
    ],
    false,
  ],
  [
    'WELCOME',
    [
      ['Session', 'id', 1],
      ['Details', 'dict', { roles: {} }],
    ],
    false,
  ],
  [
    'ABORT',
    [
      ['Details', 'dict', {}],
      ['Reason', 'string', 'a.b'],
    ],
    true,
  ],
  [
    'CHALLENGE',
    [
      ['Authmethod', 'string', 'ticket'],
      ['Extra', 'dict', {}],
    ],
    false,
  ],
  [
    'AUTHENTICATE',
    [
      ['Signature', 'string', ''],
      ['Extra', 'dict', {}],
    ],
    false,
  ],
  [
    'GOODBYE',
    [
      ['Details', 'dict', {}],
      ['Reason', 'string', 'a.b'],
    ],
    false,
  ],
  [
    'ERROR',
    [
      ['RequestType', 'requestType', 48],
      ['Request', 'id', 1],
      ['Details', 'dict', {}],
      ['Error', 'string', 'a.b'],
    ],
    true,
  ],
  [
    'PUBLISH',
    [
      ['Request', 'id', 1],
      ['Options', 'dict', {}],
      ['Topic', 'string', 'a.b'],
    ],
    true,
  ],
  [
    'PUBLISHED',
    [
      ['Request', 'id', 1],
      ['Publication', 'id', 1],
    ],
    false,
  ],
  [
    'SUBSCRIBE',
    [
      ['Request', 'id', 1],
      ['Options', 'dict', {}],
      ['Topic', 'string', 'a.b'],
    ],
    false,
  ],
  [
    'SUBSCRIBED',
    [
      ['Request', 'id', 1],
      ['Subscription', 'id', 1],
    ],
    false,
  ],
  [
    'UNSUBSCRIBE',
    [
      ['Request', 'id', 1],
      ['Subscription', 'id', 1],
    ],
    false,
  ],
  ['UNSUBSCRIBED', [['Request', 'revoking', 1]], false],
  [
    'EVENT',
    [
      ['Subscription', 'id', 1],
      ['Publication', 'id', 1],
      ['Details', 'dict', {}],
    ],
    true,
  ],
  [
    'CALL',
    [
      ['Request', 'id', 1],
      ['Options', 'dict', {}],
      ['Procedure', 'string', 'a.b'],
    ],
    true,
  ],
  [
    'CANCEL',
    [
      ['Request', 'id', 1],
      ['Options', 'dict', {}],
    ],
    false,
  ],
  [
    'RESULT',
    [
      ['Request', 'id', 1],
      ['Details', 'dict', {}],
    ],
    true,
  ],
  [
    'REGISTER',
    [
      ['Request', 'id', 1],
      ['Options', 'dict', {}],
      ['Procedure', 'string', 'a.b'],
    ],
    false,
  ],
  [
    'REGISTERED',
    [
      ['Request', 'id', 1],
      ['Registration', 'id', 1],
    ],
    false,
  ],
  [
    'UNREGISTER',
    [
      ['Request', 'id', 1],
      ['Registration', 'id', 1],
    ],
    false,
  ],
  ['UNREGISTERED', [['Request', 'revoking', 1]], false],
  [
    'INVOCATION',
    [
      ['Request', 'id', 1],
      ['Registration', 'id', 1],
      ['Details', 'dict', {}],
    ],
    true,
  ],
  [
    'INTERRUPT',
    [
      ['Request', 'id', 1],
      ['Options', 'dict', {}],
    ],
    false,
  ],
  [
    'YIELD',
    [
      ['Request', 'id', 1],
      ['Options', 'dict', {}],
    ],
    true,
  ],
  ['EVENT_RECEIVED', [['Publication', 'id', 1]], false],
];

/** Values that an element of a kind must not have. */
const WRONG: Readonly<Record<Kind, readonly unknown[]>> = {
  id: [0, -1, 1.5, MAX_ID + 2, '1', true, null, {}, [], NaN, 0n, 2n ** 53n + 1n],
  revoking: [-1, 1.5, '0', null, false],
  string: [1, null, true, {}, [], new Uint8Array(1)],
  realm: [1, true, {}, []],
  dict: [null, [], 'x', 1, true, new Uint8Array(1), new Date(0)],
  requestType: [0, 1, 17, 49, '48', null, 48.5, {}],
  list: [null, {}, 'x', 1, new Uint8Array(1)],
};

describe.each(TABLE)('%s', (name, elements, payload) => {
  const type = MessageType[name];
  const valid = [type, ...elements.map(([, , value]) => value)];

  test('MSG-1 MSG-3: the row reads and writes its elements', () => {
    expect(layoutOf(type).name).toBe(name);
    expect(toList(fromList(valid))).toEqual(valid);
    expect(toElements(fromList(valid))).toEqual(valid);
  });

  test('MSG-2: a wrong type is a violation that names the element', () => {
    for (const [index, [element, kind]] of elements.entries()) {
      for (const value of WRONG[kind])
        expectViolation(() => fromList(valid.with(index + 1, value)), `${name}.${element}`);
    }
  });

  test('MSG-3: a wrong number of elements is a violation that names the message', () => {
    for (let length = 1; length < valid.length; length += 1)
      expectViolation(() => fromList(valid.slice(0, length)), name);
    const most = [...valid, ...(payload ? [[], {}] : [])];
    const tolerated = layoutOf(type).most - valid.length;
    const rest = name.startsWith('UN') ? Array<unknown>(tolerated).fill({}) : [];
    expect(fromList([...most, ...rest]).type).toBe(type);
    expectViolation(() => fromList([...most, ...rest, {}]), name);
  });

  test('EXT-1: unknown keys are carried along', () => {
    const index = elements.findIndex(([, kind]) => kind === 'dict');
    if (index === -1) return;
    const dict = { ...(elements[index]?.[2] as object), _my_key: [1], x_cb_node: null, ['__proto__']: 1 };
    expect(alike(toList(fromList(valid.with(index + 1, dict)))[index + 1], dict)).toBe(true);
  });
});

test.each(TABLE.filter(([, , payload]) => payload))(
  'MSG-2: %s has Args, a list, and Kwargs, a dict',
  (name, elements) => {
    const valid = [MessageType[name], ...elements.map(([, , value]) => value)];
    expect(toList(fromList([...valid, [1], { a: 2 }]))).toEqual([...valid, [1], { a: 2 }]);
    // B5: null is read as none.
    const wrong = (values: readonly unknown[]) => values.filter((value) => value !== null);
    for (const value of wrong(WRONG.list)) expectViolation(() => fromList([...valid, value]), `${name}.Args`);
    for (const value of wrong(WRONG.dict)) {
      expectViolation(() => fromList([...valid, [], value]), `${name}.Kwargs`);
    }
  },
);

test('MSG-3: writing what was read gives the same list', () => {
  for (const messages of arbitraryMessages) {
    fc.assert(
      fc.property(messages, (message) => alike(toList(fromList(toList(message))), toList(message))),
      { numRuns: 30 },
    );
  }
});

test.each([undefined, null, '48', 0, 7, 99, 256, 1023, 48.5, NaN, [48], 2n ** 70n])(
  'MSG-1: %s is no message type',
  (type) => {
    expectViolation(() => layoutOf(type), 'type');
  },
);

test('MSG-1: a type may come as a 64-bit integer', () => {
  expect(layoutOf(48n).name).toBe('CALL');
});

test('REV: UNSUBSCRIBED and UNREGISTERED with id 0 and details are revocations', () => {
  expect(fromList([35, 0, { subscription: 5, reason: 'x' }])).toEqual({
    type: 35,
    request: 0,
    details: { subscription: 5, reason: 'x' },
  });
  expect(fromList([67, 0n, { registration: 5 }])).toEqual({
    type: 67,
    request: 0,
    details: { registration: 5 },
  });
  expect(fromList([35, 7])).toStrictEqual({ type: 35, request: 7 });
  expectViolation(() => fromList([35, 0, { subscription: 0 }]), 'UNSUBSCRIBED.Details.subscription');
  expectViolation(() => fromList([67, 0, []]), 'UNREGISTERED.Details');
});

test('UNSUBSCRIBE and UNREGISTER tolerate Options, which some clients send', () => {
  expect(fromList([34, 1, 2, {}])).toEqual({ type: 34, request: 1, subscription: 2 });
  expect(fromList([66, 1, 2, {}])).toEqual({ type: 66, request: 1, registration: 2 });
});

test('T-45: a realm of null counts as none; HELLO needs roles', () => {
  expect(fromList([1, null, { roles: {} }])).toHaveProperty('realm', '');
  expectViolation(() => fromList([1, 'r', {}]), 'HELLO.Details.roles');
  expectViolation(() => fromList([1, 'r', { roles: null }]), 'HELLO.Details.roles');
  expectViolation(() => fromList([1, 'r', { roles: [] }]), 'HELLO.Details.roles');
  expectViolation(() => fromList([1, 'r', { roles: { caller: true } }]), 'roles.caller');
  expectViolation(() => fromList([1, 'r', { roles: { caller: { features: [] } } }]), 'features');
});

const BOOL = { good: [true, false], bad: [0, 1, 'true', [], {}] };
const TEXT = { good: ['', 'x'], bad: [1, true, [], {}] };
const ID = { good: [1, MAX_ID, 7n], bad: [0, -1, 'x', true, [], {}, 1.5] };
const IDS = { good: [[], [1], [1, MAX_ID]], bad: [1, 'x', {}, [0], ['x'], [1, null], [true], [-1]] };
const TEXTS = { good: [[], ['a', '']], bad: ['a', 1, {}, [1], ['a', null], [['a']]] };
const COUNT = { good: [0, 1, 5000, 3n], bad: [-1, 1.5, '1', true, [], {}] };
const MATCH = { good: ['exact', 'prefix', 'wildcard'], bad: ['Exact', '', 'regex', 1, true, ['exact']] };
const INVOKE = { good: ['single', 'first', 'last', 'roundrobin', 'random'], bad: ['all', '', 1] };
const MODE = { good: ['skip', 'kill', 'killnowait'], bad: ['abort', '', 1, true] };
const FORWARD_FOR = {
  good: [[], [{ session: 1, authid: 'a', authrole: 'b' }]],
  bad: [{}, 'x', [1], ['x'], [null]],
};

/** Checklist §1.2 and the validation samples of §4.1: message with the dict's place, and its options. */
const OPTIONS: readonly (readonly [
  string,
  (dict: unknown) => unknown[],
  Readonly<Record<string, { readonly good: readonly unknown[]; readonly bad: readonly unknown[] }>>,
])[] = [
  [
    'PUBLISH.Options',
    (dict) => [16, 1, dict, 'a.b'],
    {
      acknowledge: BOOL,
      exclude_me: BOOL,
      disclose_me: BOOL,
      exclude: IDS,
      exclude_authid: TEXTS,
      exclude_authrole: TEXTS,
      eligible: IDS,
      eligible_authid: TEXTS,
      eligible_authrole: TEXTS,
      retain: BOOL,
      rkey: TEXT,
      transaction_hash: TEXT,
      forward_for: FORWARD_FOR,
      ppt_scheme: TEXT,
      ppt_serializer: TEXT,
      ppt_cipher: TEXT,
      ppt_keyid: TEXT,
    },
  ],
  [
    'SUBSCRIBE.Options',
    (dict) => [32, 1, dict, 'a.b'],
    { match: MATCH, get_retained: BOOL, nkey: TEXT, forward_for: FORWARD_FOR },
  ],
  [
    'EVENT.Details',
    (dict) => [36, 1, 2, dict],
    {
      publisher: ID,
      publisher_authid: TEXT,
      publisher_authrole: TEXT,
      topic: TEXT,
      trustlevel: COUNT,
      retained: BOOL,
      x_offset: COUNT,
      transaction_hash: TEXT,
      x_acknowledged_delivery: BOOL,
      forward_for: FORWARD_FOR,
      ppt_scheme: TEXT,
    },
  ],
  [
    'REGISTER.Options',
    (dict) => [64, 1, dict, 'a.b'],
    { match: MATCH, invoke: INVOKE, disclose_caller: BOOL, forward_timeout: BOOL, concurrency: COUNT },
  ],
  [
    'CALL.Options',
    (dict) => [48, 1, dict, 'a.b'],
    {
      receive_progress: BOOL,
      progress: BOOL,
      timeout: COUNT,
      disclose_me: BOOL,
      runmode: TEXT,
      rkey: TEXT,
      ppt_scheme: TEXT,
    },
  ],
  ['CANCEL.Options', (dict) => [49, 1, dict], { mode: MODE }],
  ['INTERRUPT.Options', (dict) => [69, 1, dict], { mode: MODE }],
  ['YIELD.Options', (dict) => [70, 1, dict], { progress: BOOL, ppt_keyid: TEXT }],
  ['RESULT.Details', (dict) => [50, 1, dict], { progress: BOOL, ppt_cipher: TEXT }],
  ['ERROR.Details', (dict) => [8, 48, 1, dict, 'a.b'], { ppt_scheme: TEXT }],
  [
    'INVOCATION.Details',
    (dict) => [68, 1, 2, dict],
    {
      procedure: TEXT,
      receive_progress: BOOL,
      progress: BOOL,
      timeout: COUNT,
      caller: ID,
      caller_authid: TEXT,
      caller_authrole: TEXT,
      trustlevel: COUNT,
    },
  ],
  ['ABORT.Details', (dict) => [3, dict, 'a.b'], { message: TEXT }],
  ['GOODBYE.Details', (dict) => [6, dict, 'a.b'], { message: TEXT }],
  [
    'HELLO.Details',
    (dict) => [1, 'r', { roles: {}, ...(dict as object) }],
    {
      agent: TEXT,
      authmethods: TEXTS,
      authid: TEXT,
      authrole: TEXT,
      authextra: { good: [{}], bad: [[], 1, 'x'] },
    },
  ],
  [
    'WELCOME.Details',
    (dict) => [2, 1, { roles: {}, ...(dict as object) }],
    { agent: TEXT, realm: TEXT, authid: TEXT, authrole: TEXT, authmethod: TEXT, authprovider: TEXT },
  ],
];

describe.each(OPTIONS)('%s', (label, message, options) => {
  const dictOf = (list: readonly unknown[]): unknown => list.findLast((item) => typeof item === 'object');

  test.each(Object.entries(options))('EXT-3 T-5: %s', (key, { good, bad }) => {
    for (const value of good) {
      const expected = typeof value === 'bigint' ? Number(value) : value;
      expect(dictOf(toList(fromList(message({ [key]: value }))))).toHaveProperty(key, expected);
    }
    for (const value of bad) expectViolation(() => fromList(message({ [key]: value })), `${label}.${key}`);
  });

  test('T-5: an option that is null counts as absent, whatever its type; its neighbours stay', () => {
    for (const key of Object.keys(options)) {
      const dict = dictOf(toList(fromList(message({ [key]: null, _other: 1 }))));
      expect(dict).not.toHaveProperty(key);
      expect(dict).toHaveProperty('_other', 1);
    }
    const all = Object.fromEntries(Object.keys(options).map((key) => [key, null]));
    expect(dictOf(toList(fromList(message({ ...all, _other: null }))))).toMatchObject({ _other: null });
  });

  test('the dict that came is not changed', () => {
    const [key = ''] = Object.keys(options);
    const dict = Object.freeze({ [key]: null });
    fromList(message(dict));
    expect(dict).toEqual({ [key]: null });
  });
});

test('T-31: ids in options that come as BigInt become numbers', () => {
  const message = fromList([16, 5n, { exclude: [5n, 6] }, 'a.b']) as Message & { readonly type: 16 };
  expect(message.request).toBe(5);
  expect(message.options.exclude).toStrictEqual([5, 6]);
});

test('an option has the type that its check lets pass', () => {
  const options: PublishOptions = {
    acknowledge: true,
    exclude: [1],
    retain: false,
    of_our_own: 'carried along',
  };
  expect(publishOptions(options)).toEqual(options);
  // @ts-expect-error: acknowledge is a bool.
  const wrong: PublishOptions = { acknowledge: 'yes' };
  expectViolation(() => publishOptions(wrong), 'PUBLISH.Options.acknowledge');
  // @ts-expect-error: HELLO needs roles.
  const rolesMissing: HelloDetails = {};
  expectViolation(() => fromList([MessageType.HELLO, 'r', rolesMissing]), 'HELLO.Details.roles');
});
