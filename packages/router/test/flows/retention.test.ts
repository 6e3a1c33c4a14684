/** Conversations about retained events (checklist §2.24, T-21). */
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { defaultFeatures, type Authenticator } from '@wamp/router';
import { converse as play, type ConversationOptions, type PeerOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';
import { storeUnderTest } from '../support/store-under-test.ts';

/** A conversation with what is retained in the store under test. */
function converse(script: string, options: ConversationOptions = {}): Promise<void> {
  const features = defaultFeatures({ store: storeUnderTest() });
  return play(script, { ...options, router: { features, ...options.router } });
}

/** Lets everybody in as whom they say they are. */
const trusting: Authenticator = {
  method: 'anonymous',
  begin: ({ details: { authid = 'nobody', authrole = 'guest' } }) => ({
    welcome: { authid, authrole, authmethod: 'anonymous', authprovider: 'test' },
  }),
};

const as = (authid: string, authrole: string): PeerOptions => ({ details: { authid, authrole } });

/** A realm of three people. */
const people = {
  router: { authenticators: [trusting] },
  peers: { ann: as('ann', 'staff'), bob: as('bob', 'staff'), eve: as('eve', 'guest') },
};

describe('what is retained', () => {
  test('RET-1 the broker announces event_retention', () =>
    converse(`
      client → [1, "realm1", {"roles": {"subscriber": {}}}]
      client ← [2, *, {"roles": {"broker": {"features": {"event_retention": true, ...}}, ...}, ...}]
    `));

  test('RET-2 RET-4 RET-5 T-21 a later subscriber gets the event, with its original publication id', () =>
    converse(`
      publisher → [16, 1, {"acknowledge": true, "retain": true}, "com.news", ["hello"], {"to": "all"}]
      publisher ← [17, 1, $publication]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, $publication, {"retained": true}, ["hello"], {"to": "all"}]
      publisher ← nothing
    `));

  test('RET-2 RET-5 a live event is not called retained, though it is being retained', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      publisher → [16, 1, {"retain": true}, "com.news", ["hello"]]
      subscriber ← [36, $news, *, {}, ["hello"]]
    `));

  test.each(['{}', '{"retain": false}', '{"retain": null}'])('RET-2 options %s retain nothing', (options) =>
    converse(`
      publisher → [16, 1, ${options}, "com.news", ["hello"]]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, *]
      subscriber ← nothing
    `),
  );

  test.each(['{}', '{"get_retained": false}', '{"get_retained": null}'])(
    'RET-4 options %s get no retained event',
    (options) =>
      converse(`
        publisher → [16, 1, {"retain": true}, "com.news", ["hello"]]
        subscriber → [32, 1, ${options}, "com.news"]
        subscriber ← [33, 1, *]
        subscriber ← nothing
      `),
  );

  test.each(['1', '"true"', '[]'])(
    'RET-2 RET-4 EXT-3 a retain or get_retained of %s is a violation',
    (value) =>
      converse(`
      publisher → [16, 1, {"retain": ${value}}, "com.news"]
      publisher ← [3, {...}, "wamp.error.protocol_violation"]
      publisher ← closed
      subscriber → [32, 1, {"get_retained": ${value}}, "com.news"]
      subscriber ← [3, {...}, "wamp.error.protocol_violation"]
      subscriber ← closed
    `),
  );

  test('RET-4 a topic without retained events delivers none', () =>
    converse(`
      publisher → [16, 1, {"retain": true}, "com.news", ["hello"]]
      subscriber → [32, 1, {"get_retained": true}, "com.news.sports"]
      subscriber ← [33, 1, *]
      subscriber ← nothing
    `));

  test('RET-3 the newest takes the place of the older ones; one that is not retained does not', () =>
    converse(`
      publisher → [16, 1, {"retain": true}, "com.news", [1]]
      publisher → [16, 2, {"retain": true}, "com.news", [2]]
      publisher → [16, 3, {}, "com.news", [3]]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, *, {"retained": true}, [2]]
    `));

  test('RET-3 each topic has its own', () =>
    converse(`
      publisher → [16, 1, {"retain": true}, "com.one", [1]]
      publisher → [16, 2, {"retain": true}, "com.two", [2]]
      subscriber → [32, 1, {"get_retained": true}, "com.one"]
      subscriber ← [33, 1, $one]
      subscriber ← [36, $one, *, {"retained": true}, [1]]
      subscriber → [32, 2, {"get_retained": true}, "com.two"]
      subscriber ← [33, 2, $two]
      subscriber ← [36, $two, *, {"retained": true}, [2]]
    `));

  test('RET-3 each realm has its own', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true}, "com.news", [1]]
      stranger → [32, 1, {"get_retained": true}, "com.news"]
      stranger ← [33, 1, *]
      stranger ← nothing
    `,
      { router: { realms: ['realm1', 'realm2'] }, peers: { stranger: { realm: 'realm2' } } },
    ));

  test('A1 a PUBLISH to retain nothing takes back what was retained, and is an event like any other', () =>
    converse(`
      early → [32, 1, {}, "com.news"]
      early ← [33, 1, $its_news]
      publisher → [16, 1, {"retain": true}, "com.news", [1]]
      early ← [36, $its_news, *, {}, [1]]
      publisher → [16, 2, {"retain": true}, "com.news"]
      early ← [36, $its_news, *, {}]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, *]
      subscriber ← nothing
    `));

  test('A1 an empty list of arguments is retained, for it is a payload', () =>
    converse(`
      publisher → [16, 1, {"retain": true}, "com.news", [1]]
      publisher → [16, 2, {"retain": true}, "com.news", []]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, *, {"retained": true}, []]
    `));

  test.each(['x_expires', 'expires'])('A1 an event with %s is retained for so long, and no longer', (name) =>
    converse(`
      publisher → [16, 1, {"retain": true, "${name}": 5000}, "com.news", [1]]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, *, {"retained": true}, [1]]
      clock +4999
      subscriber → [32, 2, {"get_retained": true}, "com.news"]
      subscriber ← [33, 2, $news]
      subscriber ← [36, $news, *, {"retained": true}, [1]]
      clock +1
      subscriber → [32, 3, {"get_retained": true}, "com.news"]
      subscriber ← [33, 3, $news]
      subscriber ← nothing
    `),
  );

  test('A1 a realm may say how long events are retained whose publisher does not', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true}, "com.short", [1]]
      publisher → [16, 2, {"retain": true, "x_expires": 7000}, "com.long", [2]]
      clock +6000
      subscriber → [32, 1, {"get_retained": true, "match": "prefix"}, "com"]
      subscriber ← [33, 1, $all]
      subscriber ← [36, $all, *, {"topic": "com.long", "retained": true}, [2]]
    `,
      { router: { stores: { retainedExpiry: 5000 } } },
    ));

  test('RET-2 a refused PUBLISH retains nothing', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true}, "com.secret", [1]]
      publisher → [16, 2, {"retain": true, "disclose_me": true}, "com.news", [2]]
      subscriber → [32, 1, {"get_retained": true, "match": "prefix"}, "com"]
      subscriber ← [33, 1, *]
      subscriber ← nothing
    `,
      {
        router: {
          disclosure: false,
          authorizer: { authorize: (_who, action, uri) => action !== 'publish' || uri !== 'com.secret' },
        },
      },
    ));

  test('RET-3 T-21 a retained event outlives its publisher and all its subscribers, and makes no subscription', () =>
    converse(`
      early → [32, 1, {}, "com.news"]
      early ← [33, 1, $early_news]
      publisher → [16, 1, {"retain": true}, "com.news", ["hello"]]
      early ← [36, $early_news, $publication, {}, ["hello"]]
      early → [34, 2, $early_news]
      early ← [35, 2]
      publisher → closed
      subscriber → [48, 1, {}, "wamp.subscription.lookup", ["com.news"]]
      subscriber ← [50, 1, {}, [null]]
      subscriber → [32, 2, {"get_retained": true}, "com.news"]
      subscriber ← [33, 2, $news]
      subscriber ← [36, $news, $publication, {"retained": true}, ["hello"]]
    `));

  test('RET-4 PID-2 a disclosed publisher stays disclosed after it has left', () =>
    converse(
      `
      ann → [16, 1, {"retain": true, "disclose_me": true}, "com.news", ["hello"]]
      ann → closed
      bob → [32, 1, {"get_retained": true}, "com.news"]
      bob ← [33, 1, $news]
      bob ← [36, $news, *, {"retained": true, "publisher": $ann, "publisher_authid": "ann", "publisher_authrole": "staff"}, ["hello"]]
    `,
      people,
    ));

  test('RET-4 PTL-1 PPT-6 trust level and passthru attributes are kept', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true, "ppt_scheme": "x_own", "ppt_keyid": "k"}, "com.news", ["hello"]]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, *, {"retained": true, "trustlevel": 4, "ppt_scheme": "x_own", "ppt_keyid": "k"}, ["hello"]]
    `,
      { router: { trustLevel: () => 4 } },
    ));

  test('RET-4 SER-1 it reaches subscribers of every serializer', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true}, "com.news", ["ü", 1.5, null, 9007199254740992], {"a": [true]}]
      publisher → [16, 2, {"retain": true}, "com.other", ["overwrites", "the", "read", "buffer", "perhaps"]]
      publisher → closed
      one → [32, 1, {"get_retained": true}, "com.news"]
      one ← [33, 1, $news]
      one ← [36, $news, $publication, {"retained": true}, ["ü", 1.5, null, 9007199254740992], {"a": [true]}]
      two → [32, 1, {"get_retained": true}, "com.news"]
      two ← [33, 1, $news]
      two ← [36, $news, $publication, {"retained": true}, ["ü", 1.5, null, 9007199254740992], {"a": [true]}]
    `,
      { peers: { publisher: { serializer: msgpack }, two: { serializer: cbor } } },
    ));
});

describe('when it is delivered', () => {
  test('RET-4 T-21 SUBSCRIBED comes first, live events after', () =>
    converse(`
      publisher → [16, 1, {"retain": true}, "com.news", [1]]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      publisher → [16, 2, {"retain": true}, "com.news", [2]]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, *, {"retained": true}, [1]]
      subscriber ← [36, $news, *, {}, [2]]
    `));

  test('RET-4 T-21 each SUBSCRIBE that asks gets it, the others of that subscription do not', () =>
    converse(`
      publisher → [16, 1, {"retain": true}, "com.news", [1]]
      other → [32, 1, {}, "com.news"]
      other ← [33, 1, $news]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, $publication, {"retained": true}, [1]]
      subscriber → [32, 2, {"get_retained": true}, "com.news"]
      subscriber ← [33, 2, $news]
      subscriber ← [36, $news, $publication, {"retained": true}, [1]]
      subscriber → [32, 3, {}, "com.news"]
      subscriber ← [33, 3, $news]
      other ← nothing
      publisher ← nothing
    `));

  test('RET-4 a refused SUBSCRIBE gets nothing', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true}, "com.news", [1]]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [8, 32, 1, {}, "wamp.error.not_authorized", *]
    `,
      { router: { authorizer: { authorize: (_who, action) => action !== 'subscribe' } } },
    ));

  test('RET-4 META-5 T-21 subscribing again for the retained event is no second subscription', () =>
    converse(`
      watcher → [32, 1, {}, "wamp.subscription.on_subscribe"]
      watcher ← [33, 1, $on_subscribe]
      publisher → [16, 1, {"retain": true}, "com.news", [1]]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, *, {"retained": true}, [1]]
      watcher ← [36, $on_subscribe, *, {}, [$subscriber, $news]]
      subscriber → [32, 2, {"get_retained": true}, "com.news"]
      subscriber ← [33, 2, $news]
      subscriber ← [36, $news, *, {"retained": true}, [1]]
      watcher ← nothing
    `));
});

describe('patterns', () => {
  test('RET-4 T-21 ORD-1 a prefix gets the newest of each topic below it, in the order of publishing', () =>
    converse(`
      publisher → [16, 1, {"retain": true}, "com.b", ["old"]]
      publisher → [16, 2, {"retain": true}, "com.a", ["a"]]
      publisher → [16, 3, {"retain": true}, "com.b", ["b"]]
      publisher → [16, 4, {"retain": true}, "org.c", ["c"]]
      publisher → [16, 5, {"retain": true}, "com", ["com"]]
      publisher → [16, 6, {"retain": true}, "comic", ["comic"]]
      subscriber → [32, 1, {"get_retained": true, "match": "prefix"}, "com"]
      subscriber ← [33, 1, $prefix]
      subscriber ← [36, $prefix, *, {"retained": true, "topic": "com.a"}, ["a"]]
      subscriber ← [36, $prefix, *, {"retained": true, "topic": "com.b"}, ["b"]]
      subscriber ← [36, $prefix, *, {"retained": true, "topic": "com"}, ["com"]]
      subscriber ← [36, $prefix, *, {"retained": true, "topic": "comic"}, ["comic"]]
    `));

  test('RET-4 T-21 a wildcard gets the newest of each topic it covers', () =>
    converse(`
      publisher → [16, 1, {"retain": true, "acknowledge": true}, "com.a.temperature", [20]]
      publisher ← [17, 1, $a]
      publisher → [16, 2, {"retain": true}, "com.a.humidity", [40]]
      publisher → [16, 3, {"retain": true}, "com.a.b.temperature", [30]]
      publisher → [16, 4, {"retain": true, "acknowledge": true}, "com.b.temperature", [21]]
      publisher ← [17, 4, $b]
      subscriber → [32, 1, {"get_retained": true, "match": "wildcard"}, "com..temperature"]
      subscriber ← [33, 1, $wildcard]
      subscriber ← [36, $wildcard, $a, {"retained": true, "topic": "com.a.temperature"}, [20]]
      subscriber ← [36, $wildcard, $b, {"retained": true, "topic": "com.b.temperature"}, [21]]
    `));

  test('RET-4 T-21 ORD-1 older events for the reader do not come after newer ones', () =>
    converse(
      `
      ann → [16, 1, {"retain": true}, "com.a", ["first"]]
      ann → [16, 2, {"retain": true}, "com.b", ["second"]]
      ann → [16, 3, {"retain": true, "eligible_authid": ["bob"]}, "com.a", ["third"]]
      eve → [32, 1, {"get_retained": true, "match": "prefix"}, "com"]
      eve ← [33, 1, $prefix]
      eve ← [36, $prefix, *, {"retained": true, "topic": "com.a"}, ["first"]]
      eve ← [36, $prefix, *, {"retained": true, "topic": "com.b"}, ["second"]]
      bob → [32, 1, {"get_retained": true, "match": "prefix"}, "com"]
      bob ← [33, 1, $prefix]
      bob ← [36, $prefix, *, {"retained": true, "topic": "com.b"}, ["second"]]
      bob ← [36, $prefix, *, {"retained": true, "topic": "com.a"}, ["third"]]
    `,
      people,
    ));

  test.each([
    ['prefix', ''],
    ['prefix', 'wam'],
    ['wildcard', '.secret'],
  ])(
    "RET-4 T-40 the router's own topics are not for patterns that do not say wamp: %s %j",
    (match, pattern) =>
      converse(
        `
      insider → [16, 1, {"retain": true}, "wamp.secret", [1]]
      eve → [32, 1, {"get_retained": true, "match": "${match}"}, "${pattern}"]
      eve ← [33, 1, *]
      eve ← nothing
      eve → [32, 2, {"get_retained": true}, "wamp.secret"]
      eve ← [33, 2, $exact]
      eve ← [36, $exact, *, {"retained": true}, [1]]
      eve → [32, 3, {"get_retained": true, "match": "prefix"}, "wamp."]
      eve ← [33, 3, $prefix]
      eve ← [36, $prefix, *, {"retained": true, "topic": "wamp.secret"}, [1]]
    `,
        { router: { authenticators: [trusting] }, peers: { insider: as('root', 'trusted') } },
      ),
  );
});

describe('its receivers', () => {
  test.each([
    ['{"eligible": [$ann, $eve]}', ['ann', 'eve']],
    ['{"eligible_authid": ["bob"]}', ['bob']],
    ['{"eligible_authrole": ["staff"]}', ['ann', 'bob']],
    ['{"exclude": [$ann]}', ['bob', 'eve']],
    ['{"exclude_authid": ["ann", "eve"]}', ['bob']],
    ['{"exclude_authrole": ["staff"]}', ['eve']],
    ['{"eligible_authrole": ["staff"], "exclude_authid": ["ann"]}', ['bob']],
    ['{"eligible": [$ann, $bob], "eligible_authid": ["bob", "eve"], "exclude_authrole": ["none"]}', ['bob']],
    ['{"eligible": []}', []],
    ['{"eligible_authid": []}', []],
    ['{"eligible_authrole": []}', []],
    ['{"exclude": [], "exclude_authid": [], "exclude_authrole": []}', ['ann', 'bob', 'eve']],
  ])('RET-3 RET-4 BW-2 T-20 T-21 %s reaches %j', (lists, receivers) =>
    converse(
      `
      publisher → [16, 1, ${lists.replace('{', '{"retain": true, ')}, "com.news", ["hello"]]
      ${['ann', 'bob', 'eve']
        .map(
          (name) => `
            ${name} → [32, 1, {"get_retained": true}, "com.news"]
            ${name} ← [33, 1, $news]
            ${receivers.includes(name) ? `${name} ← [36, $news, $publication, {"retained": true}, ["hello"]]` : ''}
            ${name} ← nothing`,
        )
        .join('\n')}
    `,
      people,
    ),
  );

  test.each([
    ['{}', false],
    ['{"exclude_me": true}', false],
    ['{"exclude_me": false}', true],
    ['{"eligible": [$ann]}', false],
    ['{"eligible": [$ann], "exclude_me": false}', true],
    ['{"exclude": [$ann], "exclude_me": false}', false],
  ])('RET-4 PEX-2 T-21 the publisher itself gets %s: %j', (options, gets) =>
    converse(
      `
      ann → [16, 1, ${options.replace('{', '{"retain": true, ').replace(', }', '}')}, "com.news", ["hello"]]
      ann → [32, 2, {"get_retained": true}, "com.news"]
      ann ← [33, 2, $news]
      ${gets ? 'ann ← [36, $news, *, {"retained": true}, ["hello"]]' : 'ann ← nothing'}
    `,
      people,
    ),
  );

  test('RET-4 an eligible session id means that session, not its successor', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true, "eligible": [$ann]}, "com.news", ["hello"]]
      ann → closed
      again → [32, 1, {"get_retained": true}, "com.news"]
      again ← [33, 1, *]
      again ← nothing
    `,
      { ...people, peers: { ...people.peers, again: as('ann', 'staff') } },
    ));

  test('RET-3 RET-4 T-21 a restricted event is kept beside the one for all, and each gets the newest for it', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true}, "com.news", ["for all"]]
      publisher → [16, 2, {"retain": true, "eligible_authrole": ["staff"]}, "com.news", ["for staff"]]
      publisher → [16, 3, {"retain": true, "eligible_authid": ["bob"]}, "com.news", ["for bob"]]
      ann → [32, 1, {"get_retained": true}, "com.news"]
      ann ← [33, 1, $news]
      ann ← [36, $news, *, {"retained": true}, ["for staff"]]
      bob → [32, 1, {"get_retained": true}, "com.news"]
      bob ← [33, 1, $news]
      bob ← [36, $news, *, {"retained": true}, ["for bob"]]
      eve → [32, 1, {"get_retained": true}, "com.news"]
      eve ← [33, 1, $news]
      eve ← [36, $news, *, {"retained": true}, ["for all"]]
    `,
      people,
    ));

  test('RET-3 T-21 an event for all takes the place of all older ones, restricted ones too', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true, "eligible_authid": ["bob"]}, "com.news", ["for bob"]]
      publisher → [16, 2, {"retain": true}, "com.news", ["for all"]]
      bob → [32, 1, {"get_retained": true}, "com.news"]
      bob ← [33, 1, $news]
      bob ← [36, $news, *, {"retained": true}, ["for all"]]
    `,
      people,
    ));

  test('RET-3 T-21 also for subscribers that are not eligible for the newest', () =>
    converse(
      `
      ann → [16, 1, {"retain": true}, "com.news", ["for all, by ann"]]
      ann → [16, 2, {"retain": true, "eligible_authid": ["bob"]}, "com.news", ["for bob"]]
      bob → [16, 1, {"retain": true}, "com.news", ["for all, by bob"]]
      bob → [32, 2, {"get_retained": true}, "com.news"]
      bob ← [33, 2, *]
      bob ← nothing
    `,
      people,
    ));

  test('RET-4 where there are only restricted events, the others get none', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true, "exclude_authid": ["eve"]}, "com.news", ["not for eve"]]
      eve → [32, 1, {"get_retained": true}, "com.news"]
      eve ← [33, 1, *]
      eve ← nothing
      bob → [32, 1, {"get_retained": true}, "com.news"]
      bob ← [33, 1, $news]
      bob ← [36, $news, *, {"retained": true}, ["not for eve"]]
    `,
      people,
    ));

  test('RET-4 patterns know the lists, too', () =>
    converse(
      `
      publisher → [16, 1, {"retain": true, "eligible_authid": ["bob"]}, "com.bob", [1]]
      publisher → [16, 2, {"retain": true, "eligible_authrole": ["staff"]}, "com.staff", [2]]
      ann → [32, 1, {"get_retained": true, "match": "prefix"}, "com."]
      ann ← [33, 1, $prefix]
      ann ← [36, $prefix, *, {"retained": true, "topic": "com.staff"}, [2]]
      bob → [32, 1, {"get_retained": true, "match": "wildcard"}, "com."]
      bob ← [33, 1, $wildcard]
      bob ← [36, $wildcard, *, {"retained": true, "topic": "com.bob"}, [1]]
      bob ← [36, $wildcard, *, {"retained": true, "topic": "com.staff"}, [2]]
    `,
      people,
    ));
});
