/** The same conversations whatever the clients speak, and between clients that speak differently (checklist §2.2). */
import { json, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { createRouter, ticket, type RouterOptions } from '@wamp/router';
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { Client, settle } from '../support/client.ts';

const CAST = ['caller', 'callee', 'publisher', 'subscriber', 'other'] as const;

function speaking(...serializers: readonly Serializer[]): Pick<ConversationOptions, 'serializer' | 'peers'> {
  const [first = json] = serializers;
  const peers = CAST.map((name, index) => [
    name,
    { serializer: serializers[index % serializers.length] ?? first },
  ]);
  return {
    serializer: first,
    peers: Object.fromEntries(peers) as Record<string, { serializer: Serializer }>,
  };
}

const LANGUAGES: readonly (readonly [string, Pick<ConversationOptions, 'serializer' | 'peers'>])[] = [
  ['all JSON', speaking(json)],
  ['all MessagePack', speaking(msgpack)],
  ['all CBOR', speaking(cbor)],
  [
    'JSON caller, CBOR callee, MessagePack subscriber',
    {
      peers: {
        caller: { serializer: json },
        callee: { serializer: cbor },
        publisher: { serializer: json },
        subscriber: { serializer: msgpack },
        other: { serializer: cbor },
      },
    },
  ],
  ['MessagePack, JSON, CBOR in turn', speaking(msgpack, json, cbor)],
  ['CBOR, MessagePack in turn', speaking(cbor, msgpack)],
];

const VALUES =
  '[null, true, false, 0, -1, 255, 65536, 4294967296, -2147483649, 9007199254740991, -9007199254740991, 1.5, -0.25, 1e300, "", "ü 新 🙂", [], [[1, [2]]], {}, {"a": {"b": [{"c": null}]}}, "\\u0000AAECAwQFBgcICQoLDA0ODw==", "\\u0000"]';
const KWVALUES =
  '{"": 1, "ü": [2], "__proto__": {"x": 1}, "constructor": null, "bytes": "\\u0000EOP/kFMHXFJvX8BtT+N82w=="}';

const CONVERSATIONS: readonly (readonly [string, string, Partial<RouterOptions>])[] = [
  [
    'SES-1 SES-9 joining and leaving',
    `
    client → [1, "realm1", {"roles": {"caller": {"features": {"call_canceling": true}}}, "agent": "test", "authextra": {"x": [1]}}]
    client ← [2, $session, {"realm": "realm1", "roles": {"broker": {...}, "dealer": {...}}, ...}]
    client → [48, 1, {}, "wamp.session.list"]
    client ← [50, 1, {}, [[$session]]]
    client → [48, 2, {}, "wamp.session.get", [$session]]
    client ← [50, 2, {}, [{"session": $session, ...}]]
    client → [6, {}, "wamp.close.close_realm"]
    client ← [6, {}, "wamp.close.goodbye_and_out"]
    client ← closed`,
    {},
  ],
  [
    'TIC-2 AUTH-1 tickets',
    `
    client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "joe"}]
    client ← [4, "ticket", {}]
    client → [5, "geheim ü", {}]
    client ← [2, *, {"authid": "joe", "authrole": "user", ...}]`,
    { authenticators: [ticket(new Map([['joe', { ticket: 'geheim ü', authrole: 'user' }]]))] },
  ],
  [
    'VIO-1 VIO-7 violations',
    `
    caller → [48, 1, {"timeout": -1}, "com.procedure"]
    caller ← [3, {...}, "wamp.error.protocol_violation"]
    caller ← closed
    callee → []
    callee ← [3, {...}, "wamp.error.protocol_violation"]
    callee ← closed
    publisher → [16, 1, [], "com.topic"]
    publisher ← [3, {...}, "wamp.error.protocol_violation"]
    publisher ← closed
    subscriber → [32, 0, {}, "com.topic"]
    subscriber ← [3, {...}, "wamp.error.protocol_violation"]
    subscriber ← closed`,
    {},
  ],
  [
    'EVT-3 PUB-2 SUB-4 events with every kind of value',
    `
    subscriber → [32, 1, {}, "com.topic"]
    subscriber ← [33, 1, $topic]
    other → [32, 1, {"match": "prefix"}, "com"]
    other ← [33, 1, $prefix]
    publisher → [16, 1, {"acknowledge": true, "disclose_me": true}, "com.topic", ${VALUES}, ${KWVALUES}]
    publisher ← [17, 1, $publication]
    subscriber ← [36, $topic, $publication, {"publisher": $publisher, "publisher_authid": *, "publisher_authrole": "anonymous"}, ${VALUES}, ${KWVALUES}]
    other ← [36, $prefix, $publication, {"publisher": $publisher, "publisher_authid": *, "publisher_authrole": "anonymous", "topic": "com.topic"}, ${VALUES}, ${KWVALUES}]
    publisher → [16, 2, {"eligible": [$other], "exclude": [$subscriber], "exclude_authrole": []}, "com.topic", [2]]
    other ← [36, $prefix, *, {"topic": "com.topic"}, [2]]
    publisher → [16, 3, {"exclude": [$other]}, "com.topic"]
    subscriber ← [36, $topic, *, {}]
    publisher → [16, 4, {}, "com.topic", [], {}]
    subscriber ← [36, $topic, *, {}, [], {}]
    other ← [36, $prefix, *, {"topic": "com.topic"}, [], {}]
    subscriber → [34, 2, $topic]
    subscriber ← [35, 2]
    subscriber → [34, 3, $topic]
    subscriber ← [8, 34, 3, {}, "wamp.error.no_such_subscription"]`,
    {},
  ],
  [
    'CALL-1 CALL-2 REG-2 calls with every kind of value',
    `
    callee → [64, 1, {}, "com.echo"]
    callee ← [65, 1, $echo]
    caller → [48, 1, {"disclose_me": true}, "com.echo", ${VALUES}, ${KWVALUES}]
    callee ← [68, 1, $echo, {"caller": $caller, "caller_authid": *, "caller_authrole": "anonymous"}, ${VALUES}, ${KWVALUES}]
    callee → [70, 1, {}, ${VALUES}, ${KWVALUES}]
    caller ← [50, 1, {}, ${VALUES}, ${KWVALUES}]
    caller → [48, 2, {}, "com.echo"]
    callee ← [68, 2, $echo, {}]
    callee → [8, 68, 2, {}, "com.error", ${VALUES}, ${KWVALUES}]
    caller ← [8, 48, 2, {}, "com.error", ${VALUES}, ${KWVALUES}]
    callee → [66, 2, $echo]
    callee ← [67, 2]
    caller → [48, 3, {}, "com.echo"]
    caller ← [8, 48, 3, {}, "wamp.error.no_such_procedure"]`,
    {},
  ],
  [
    'PREG-5 SHR-3 patterns and shared registrations',
    `
    callee → [64, 1, {"match": "wildcard", "invoke": "roundrobin"}, "com..x"]
    callee ← [65, 1, $work]
    other → [64, 1, {"match": "wildcard", "invoke": "roundrobin"}, "com..x"]
    other ← [65, 1, $work]
    caller → [48, 1, {}, "com.größe.x", [1]]
    callee ← [68, 1, $work, {"procedure": "com.größe.x"}, [1]]
    caller → [48, 2, {}, "com.b.x", [2]]
    other ← [68, 1, $work, {"procedure": "com.b.x"}, [2]]`,
    {},
  ],
  [
    'PCR-3 PCI-4 progress both ways',
    `
    callee → [64, 1, {}, "com.stream"]
    callee ← [65, 1, $stream]
    caller → [48, 1, {"progress": true, "receive_progress": true}, "com.stream", ["in"]]
    callee ← [68, 1, $stream, {"progress": true, "receive_progress": true}, ["in"]]
    callee → [70, 1, {"progress": true}, ["out"]]
    caller ← [50, 1, {"progress": true}, ["out"]]
    caller → [48, 1, {}, "com.stream", [{"last": true}]]
    callee ← [68, 1, $stream, {"receive_progress": true}, [{"last": true}]]
    callee → [70, 1, {}]
    caller ← [50, 1, {}]`,
    {},
  ],
  [
    'CAN-3 TMO-3 cancel and timeout',
    `
    callee → [64, 1, {"forward_timeout": false}, "com.slow"]
    callee ← [65, 1, $slow]
    caller → [48, 1, {}, "com.slow"]
    callee ← [68, 1, $slow, {}]
    caller → [49, 1, {"mode": "kill"}]
    callee ← [69, 1, {"mode": "kill", ...}]
    callee → [8, 68, 1, {}, "wamp.error.canceled"]
    caller ← [8, 48, 1, {}, "wamp.error.canceled"]
    caller → [48, 2, {"timeout": 100}, "com.slow"]
    callee ← [68, 2, $slow, {}]
    clock +100
    caller ← [8, 48, 2, {}, "wamp.error.timeout"]
    callee ← [69, 2, {"mode": "killnowait", ...}]`,
    {},
  ],
  [
    'RRT-2 rerouting keeps the input',
    `
    callee → [64, 1, {"invoke": "first"}, "com.work"]
    callee ← [65, 1, $work]
    other → [64, 1, {"invoke": "first"}, "com.work"]
    other ← [65, 1, $work]
    caller → [48, 1, {}, "com.work", ${VALUES}, ${KWVALUES}]
    callee ← [68, 1, $work, {}, ${VALUES}, ${KWVALUES}]
    callee → [8, 68, 1, {}, "wamp.error.unavailable"]
    other ← [68, 1, $work, {}, ${VALUES}, ${KWVALUES}]`,
    {},
  ],
  [
    'PPT-6 PPT-9 passthru',
    `
    callee → [64, 1, {}, "com.secret"]
    callee ← [65, 1, $secret]
    caller → [48, 1, {"ppt_scheme": "wamp", "ppt_serializer": "cbor"}, "com.secret", ["\\u0000EOP/kFMHXFJvX8BtT+N82w=="]]
    callee ← [68, 1, $secret, {"ppt_scheme": "wamp", "ppt_serializer": "cbor"}, ["\\u0000EOP/kFMHXFJvX8BtT+N82w=="]]
    callee → [70, 1, {"ppt_scheme": "wamp", "ppt_serializer": "cbor"}, ["\\u0000AAE="]]
    caller ← [50, 1, {"ppt_scheme": "wamp", "ppt_serializer": "cbor"}, ["\\u0000AAE="]]`,
    {},
  ],
  [
    'META-1 session events',
    `
    subscriber → [32, 1, {"match": "prefix"}, "wamp.session."]
    subscriber ← [33, 1, $sessions]
    other → closed
    subscriber ← [36, $sessions, *, {"topic": "wamp.session.on_leave"}, [$other, *, "anonymous"]]`,
    {},
  ],
  [
    'IDS-1 IDS-6 numbers',
    `
    caller → [48, 9007199254740992, {}, "com.nothing"]
    caller ← [8, 48, 9007199254740992, {}, "wamp.error.no_such_procedure"]
    subscriber → [32, 4294967296, {}, "com.topic"]
    subscriber ← [33, 4294967296, *]`,
    {},
  ],
];

describe.each(LANGUAGES)('%s', (_name, options) => {
  test.each(CONVERSATIONS)('SER-1 %s', (_what, script, router) => converse(script, { ...options, router }));
});

/** One subscriber, callee and caller of each kind. */
async function babel() {
  const router = createRouter({ realms: ['realm1'] });
  const clients = {
    json: await Client.join(router, json),
    msgpack: await Client.join(router, msgpack),
    cbor: await Client.join(router, cbor),
  };
  return { router, ...clients };
}

describe('values that a receiver cannot encode', () => {
  const UNSPEAKABLE: readonly (readonly [string, unknown])[] = [
    ['an integer of 2^60', 2n ** 60n],
    ['infinity', Infinity],
    ['not a number', NaN],
    ['text that would read as binary', '\u0000AAEC'],
  ];

  test.each(UNSPEAKABLE)(
    'threat 6: an EVENT with %s is dropped for JSON, and reaches the others',
    async (_what, value) => {
      const { json: plain, msgpack: packed, cbor: concise } = await babel();
      for (const client of [plain, packed, concise]) await client.say([32, 1, {}, 'com.topic']);
      await packed.say([16, 2, { exclude_me: false, acknowledge: true }, 'com.topic', [value]]);
      expect(packed.heard.map(([type]) => type)).toEqual([33, 17, 36]);
      expect(concise.heard.map(([type]) => type)).toEqual([33, 36]);
      expect(concise.heard[1]?.[4]).toEqual([value]);
      expect(plain.heard.map(([type]) => type)).toEqual([33]);
      await packed.say([16, 3, {}, 'com.topic', ['plain again']]);
      expect(plain.heard.map(([type]) => type)).toEqual([33, 36]);
    },
  );

  test.each(UNSPEAKABLE)(
    'threat 6: a CALL with %s to a JSON callee is answered with ERROR',
    async (_what, value) => {
      const { json: callee, msgpack: caller } = await babel();
      await callee.say([64, 1, {}, 'com.echo']);
      await caller.say([48, 1, {}, 'com.echo', [value]]);
      expect(callee.heard.map(([type]) => type)).toEqual([65]);
      expect(caller.heard).toEqual([
        [8, 48, 1, {}, expect.stringMatching(/^wamp\.error\./), expect.anything()],
      ]);
      await caller.say([48, 2, {}, 'com.echo', ['fine']]);
      expect(callee.heard.at(-1)).toEqual([68, expect.any(Number), expect.any(Number), {}, ['fine']]);
    },
  );

  test.each(UNSPEAKABLE)(
    'threat 6: a RESULT with %s to a JSON caller becomes an ERROR',
    async (_what, value) => {
      const { json: caller, cbor: callee } = await babel();
      await callee.say([64, 1, {}, 'com.echo']);
      await caller.say([48, 1, {}, 'com.echo']);
      await callee.say([70, 1, {}, [value]]);
      expect(caller.heard).toEqual([
        [8, 48, 1, {}, expect.stringMatching(/^wamp\.error\./), expect.anything()],
      ]);
      expect(callee.closed).toBe(false);
    },
  );

  test.each(UNSPEAKABLE)(
    'threat 6: an ERROR with %s to a JSON caller is an ERROR without',
    async (_what, value) => {
      const { json: caller, cbor: callee } = await babel();
      await callee.say([64, 1, {}, 'com.echo']);
      await caller.say([48, 1, {}, 'com.echo']);
      await callee.say([8, 68, 1, {}, 'com.error', [value]]);
      expect(caller.heard).toHaveLength(1);
      expect(caller.heard[0]?.slice(0, 3)).toEqual([8, 48, 1]);
      expect(callee.closed).toBe(false);
    },
  );

  test('threat 6: a progressive RESULT with such a value ends the call, for there is no stream without it', async () => {
    const { json: caller, cbor: callee } = await babel();
    await callee.say([64, 1, {}, 'com.echo']);
    await caller.say([48, 1, { receive_progress: true }, 'com.echo']);
    await callee.say([70, 1, { progress: true }, [NaN]], [70, 1, {}, ['done']]);
    expect(caller.heard).toEqual([[8, 48, 1, {}, 'wamp.error.invalid_payload', [expect.any(String)]]]);
    expect(callee.heard.at(-1)).toEqual([
      69,
      1,
      { mode: 'killnowait', reason: 'wamp.error.invalid_payload' },
    ]);
  });

  /** JSON can write half a character; the others are UTF-8. */
  const HALF = '\\ud800';

  test.each([
    ['the URI', `[8, 68, 1, {}, "com.error.${HALF}"]`],
    ['a payload', `[8, 68, 1, {}, "com.error", ["${HALF}"]]`],
    ['the passthru attributes', `[8, 68, 1, {"ppt_scheme": "x_${HALF}"}, "com.error"]`],
    [
      'everything',
      `[8, 68, 1, {"ppt_scheme": "${HALF}", "ppt_keyid": "${HALF}"}, "${HALF}", ["${HALF}"], {"${HALF}": 1}]`,
    ],
  ])(
    'threat 6 URI-8: an ERROR with half a character in %s does not bring the router down',
    async (_where, text) => {
      const { json: callee, msgpack: caller, cbor: witness } = await babel();
      await callee.say([64, 1, {}, 'com.echo']);
      await caller.say([48, 1, {}, 'com.echo']);
      callee.sendBytes(text);
      await settle();
      expect(caller.heard).toHaveLength(1);
      expect(caller.heard[0]?.slice(0, 3)).toEqual([8, 48, 1]);
      await witness.say([48, 1, {}, 'wamp.session.count']);
      expect(witness.heard.at(-1)?.[0]).toBe(50);
    },
  );

  test.each([
    ['a topic', `[16, 9, {"disclose_me": true}, "com.${HALF}"]`],
    ['a payload', `[16, 9, {}, "com.topic", ["${HALF}"]]`],
    ['a key', `[16, 9, {}, "com.topic", [], {"${HALF}": 1}]`],
    ['the passthru attributes', `[16, 9, {"ppt_scheme": "${HALF}"}, "com.topic"]`],
    ['a procedure', `[48, 9, {}, "com.${HALF}"]`],
    ['the passthru attributes of a CALL', `[48, 9, {"ppt_scheme": "${HALF}"}, "com.procedure"]`],
    ['a ticket', `[5, "${HALF}", {}]`],
    ['a GOODBYE', `[6, {"message": "${HALF}"}, "${HALF}"]`],
    ['a topic to subscribe to', `[32, 9, {}, "com.${HALF}"]`],
    ['a procedure to register', `[64, 9, {}, "com.${HALF}"]`],
  ])('threat 6: half a character in %s does not bring the router down', async (_where, text) => {
    const { json: offender, msgpack: receiver, cbor: witness } = await babel();
    await receiver.say([32, 1, { match: 'prefix' }, ''], [64, 2, { match: 'prefix' }, '']);
    offender.sendBytes(text);
    await settle();
    await witness.say([48, 1, {}, 'wamp.session.count'], [16, 2, {}, 'com.fine', ['fine']]);
    expect(witness.heard.at(-1)?.[0]).toBe(50);
    expect(receiver.heard.at(-1)?.[4]).toEqual(['fine']);
  });

  test('threat 6 LEAVE-2: a callee that leaves in the turn in which it could not be invoked', async () => {
    const { json: callee, msgpack: caller, cbor: witness } = await babel();
    await callee.say([64, 1, {}, 'com.echo']);
    caller.send([48, 1, {}, 'com.echo', [NaN]]);
    callee.send([6, {}, 'wamp.close.close_realm']);
    await settle();
    expect(caller.heard).toHaveLength(1);
    expect(caller.heard[0]?.slice(0, 3)).toEqual([8, 48, 1]);
    await witness.say([48, 1, {}, 'wamp.session.count']);
    expect(witness.heard.at(-1)).toEqual([50, 1, {}, [2]]);
  });

  test('threat 5: the maximum depth is the same for all serializers', async () => {
    const { json: publisher, msgpack: packed, cbor: concise } = await babel();
    for (const client of [packed, concise]) await client.say([32, 1, { match: 'prefix' }, 'com']);
    publisher.sendBytes(`[16, 1, {"acknowledge": true}, "com.topic", ${'['.repeat(99)}${']'.repeat(99)}]`);
    await settle();
    expect(publisher.heard.map(([type]) => type)).toEqual([17]);
    for (const client of [packed, concise]) expect(client.heard.map(([type]) => type)).toEqual([33, 36]);
  });
});

describe('binary data', () => {
  test('BIN-1 BIN-2 PPT-9 bytes are bytes for all, and a string for JSON on the wire', async () => {
    const { router, msgpack: publisher, cbor: other } = await babel();
    const reader = new Client(router, json);
    let text = '';
    reader.transport.listener = {
      frame: (bytes) => {
        text = new TextDecoder().decode(bytes);
      },
      violation: () => undefined,
      closed: () => undefined,
    };
    await reader.say([1, 'realm1', { roles: { subscriber: {} } }]);
    await reader.say([32, 1, {}, 'com.topic']);
    await other.say([32, 1, {}, 'com.topic']);
    const bytes = Uint8Array.from([
      0x10, 0xe3, 0xff, 0x90, 0x53, 0x07, 0x5c, 0x52, 0x6f, 0x5f, 0xc0, 0x6d, 0x4f, 0xe3, 0x7c, 0xdb,
    ]);
    await publisher.say([16, 1, {}, 'com.topic', [bytes]]);
    expect(text).toContain('["\\u0000EOP/kFMHXFJvX8BtT+N82w=="]');
    expect(other.heard.at(-1)?.[4]).toEqual([bytes]);
  });

  test('IDS-1 T-31 an id that a MessagePack or CBOR client writes as a whole float is an id', async () => {
    const { msgpack: packed, cbor: concise } = await babel();
    packed.sendBytes(
      Uint8Array.from([0x94, 0x20, 0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0x80, 0xa5, ...Buffer.from('com.t')]),
    );
    concise.sendBytes(
      Uint8Array.from([
        0x84,
        0x18,
        0x20,
        0xfb,
        0x3f,
        0xf0,
        0,
        0,
        0,
        0,
        0,
        0,
        0xa0,
        0x65,
        ...Buffer.from('com.t'),
      ]),
    );
    await settle();
    expect(packed.heard).toEqual([[33, 1, expect.any(Number)]]);
    expect(concise.heard).toEqual([[33, 1, expect.any(Number)]]);
  });

  test.each([
    [
      'MessagePack',
      'msgpack',
      [0x94, 0x20, 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0x80, 0xa5, ...Buffer.from('com.t')],
    ],
    ['MessagePack', 'msgpack', [0xc1]],
    ['MessagePack', 'msgpack', [0x94, 0x20, 0x01, 0x80]],
    ['MessagePack', 'msgpack', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['MessagePack', 'msgpack', []],
    [
      'CBOR',
      'cbor',
      [0x84, 0x18, 0x20, 0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xa0, 0x65, ...Buffer.from('com.t')],
    ],
    ['CBOR', 'cbor', [0xff]],
    ['CBOR', 'cbor', [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['CBOR', 'cbor', []],
  ] as const)('VIO-7 SER-4 octets that are no message end a session: %s', async (_name, language, octets) => {
    const clients = await babel();
    const offender = clients[language];
    await offender.say([64, 1, {}, 'com.procedure']);
    offender.heard.length = 0;
    offender.sendBytes(Uint8Array.from(octets));
    await settle();
    expect(offender.heard).toEqual([[3, expect.anything(), 'wamp.error.protocol_violation']]);
    expect(offender.closed).toBe(true);
    await clients.json.say([48, 1, {}, 'com.procedure']);
    expect(clients.json.heard).toEqual([[8, 48, 1, {}, 'wamp.error.no_such_procedure']]);
  });
});
