/** What a hostile client may write in a message (threats 1 to 6, 14 and 34 of docs/threats.md). */
import { json, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { once } from 'node:events';
import { connect } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fort } from '../support/fort.ts';
import { RawPeer } from '../support/raw-socket.ts';
import {
  ask,
  HELLO,
  join,
  rawSocket,
  SERIALIZERS,
  VIOLATION,
  WAYS,
  webSocket,
  type Connect,
  type Stranger,
} from '../support/stranger.ts';
import { frame, Opcode } from '../support/web-socket.ts';

const MIB = 1024 * 1024;
/** What a plain object has without having been given anything. */
const NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf', 'then', 'prototype'];

/** Messages of a session, and the errors that may answer each; none when it is a violation. */
const MALFORMED: readonly (readonly [what: string, message: unknown, ...answers: unknown[]])[] = [
  ['an empty list', []],
  ['a string', ''],
  ['null', null],
  ['a number', 0],
  ['a dict', {}],
  ['a list in a list', [[]]],
  ['no type', [null]],
  ['a type as a string', ['32', 1, {}, 'com.a']],
  ['a type of another time', [999, 1, {}, 'com.a']],
  ['a negative type', [-32, 1, {}, 'com.a']],
  ['nothing but a type', [32]],
  ['SUBSCRIBE without options', [32, 1]],
  ['SUBSCRIBE without a topic', [32, 1, {}]],
  ['SUBSCRIBE to nothing', [32, 1, {}, ''], 'wamp.error.invalid_uri'],
  ['SUBSCRIBE to a number', [32, 1, {}, 5]],
  ['SUBSCRIBE to null', [32, 1, {}, null]],
  ['SUBSCRIBE with a list of options', [32, 1, [], 'com.a']],
  ['SUBSCRIBE with null for options', [32, 1, null, 'com.a']],
  ['request 0', [32, 0, {}, 'com.a']],
  ['request -1', [32, -1, {}, 'com.a']],
  ['request 1.5', [32, 1.5, {}, 'com.a']],
  ['request 2^53 + 2', [32, 2 ** 53 + 2, {}, 'com.a']],
  ['a request as a string', [32, '1', {}, 'com.a']],
  ['a request as a list', [32, [1], {}, 'com.a']],
  ['UNSUBSCRIBE of nothing', [34, 1]],
  ['PUBLISH to nothing', [16, 1, { acknowledge: true }, ''], 'wamp.error.invalid_uri'],
  ['PUBLISH with a dict for arguments', [16, 1, { acknowledge: true }, 'com.a', {}]],
  ['PUBLISH with a list for keywords', [16, 1, { acknowledge: true }, 'com.a', [], []]],
  ['PUBLISH with too much', [16, 1, { acknowledge: true }, 'com.a', [], {}, 1]],
  ['REGISTER of nothing', [64, 1, {}, ''], 'wamp.error.invalid_uri'],
  ['REGISTER without a procedure', [64, 1, {}]],
  ['UNREGISTER of a string', [66, 1, 'com.a']],
  ['CALL of nothing', [48, 1, {}, ''], 'wamp.error.invalid_uri', 'wamp.error.no_such_procedure'],
  ['CALL of a dict', [48, 1, {}, {}]],
  ['CANCEL without options', [49, 1]],
  ['YIELD without a request', [70]],
  ['ERROR of a call', [8, 48, 1, {}, 'com.error']],
  ['ERROR without a URI', [8, 68, 1, {}]],
  ['WELCOME', [2, 1, { roles: {} }]],
  ['a second HELLO', HELLO],
  ['RESULT', [50, 1, {}]],
];

/** Messages before login, and what they are refused with unless they are violations. */
const UNSEASONABLE: readonly (readonly [what: string, message: unknown, reason?: string])[] = [
  ['HELLO alone', [1]],
  ['HELLO without details', [1, 'realm1']],
  ['HELLO without roles', [1, 'realm1', {}]],
  ['HELLO with a list of roles', [1, 'realm1', { roles: ['caller'] }]],
  ['HELLO with no role', [1, 'realm1', { roles: {} }]],
  ['HELLO with null for roles', [1, 'realm1', { roles: null }]],
  ['HELLO to a number', [1, 5, { roles: { caller: {} } }]],
  ['HELLO to nothing', [1, '', { roles: { caller: {} } }], 'wamp.error.no_such_realm'],
  ['HELLO with null for details', [1, 'realm1', null]],
  ['AUTHENTICATE', [5, 'signature', {}]],
  ['SUBSCRIBE', [32, 1, {}, 'com.a']],
  ['GOODBYE', [6, {}, 'wamp.close.close_realm']],
  ['WELCOME', [2, 1, {}]],
];

let fort: Fort;
beforeAll(async () => {
  fort = await Fort.open();
});
afterAll(() => fort[Symbol.asyncDispose]());

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** PUBLISH with one argument, written by hand. */
function publishing(serializer: Serializer, argument: Uint8Array): Buffer {
  const whole = Buffer.from(
    serializer.encodePayload([16, 1, { acknowledge: true }, 'com.topic', [0]], {}, 1),
  );
  const behind = serializer.binary ? '' : ']]';
  return Buffer.concat([whole.subarray(0, -1 - behind.length), argument, Buffer.from(behind)]);
}

async function subscribe(stranger: Stranger, topic = 'com.topic'): Promise<Stranger> {
  expect((await ask(stranger, [32, 1, {}, topic]))[0]).toBe(33);
  return stranger;
}

describe.each(WAYS)('over %s', (_name, dial, serializer) => {
  test('threat 1: __proto__ and constructor are keys like any other, and no options', () =>
    fort.withstands(async () => {
      const evil = JSON.parse(
        '{"__proto__": {"match": "prefix", "acknowledge": true, "polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
      ) as object;
      const roles = { ...evil, ...(HELLO[2] as { roles: object }).roles };
      const details = Object.assign(Object.create(null) as object, { roles });
      for (const [key, value] of Object.entries(evil)) {
        Object.defineProperty(details, key, { value, enumerable: true });
      }
      const subscriber = await join(dial, fort.port, serializer, [1, 'realm1', details]);
      expect((await ask(subscriber, [32, 1, evil, 'com']))[0]).toBe(33);
      const publisher = await join(dial, fort.port, serializer);
      // Were it a prefix by its prototype, this would be an event of it.
      publisher.send([16, 1, evil, 'com.topic']);
      // Were it acknowledged by its prototype, PUBLISHED would come first.
      expect((await ask(publisher, [48, 2, {}, 'wamp.session.count']))[0]).toBe(50);
      publisher.send([16, 3, {}, 'com', [evil], evil]);
      const [type, , , , args, kwargs] = (await subscriber.heard()) ?? [];
      expect(type).toBe(36);
      const expected = JSON.stringify(evil);
      expect([JSON.stringify((args as unknown[])[0]), JSON.stringify(kwargs)]).toEqual([expected, expected]);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }));

  test('threat 2: constructor and the like are ordinary names of realms, topics, procedures and principals', () =>
    fort.withstands(async () => {
      for (const name of NAMES) await bear(name);
    }));

  async function bear(name: string): Promise<void> {
    const outside = await dial(fort.port, serializer);
    outside.send([1, name, { roles: { caller: {} } }]);
    expect((await outside.end()).reason).toBe('wamp.error.no_such_realm');
    const [here, there] = [
      await join(dial, fort.port, serializer),
      await join(dial, fort.port, serializer, [1, 'realm1', { ...(HELLO[2] as object), authid: name }]),
    ];
    expect((await ask(there, [48, 1, {}, name]))[4]).toBe('wamp.error.no_such_procedure');
    expect((await ask(here, [32, 1, {}, name]))[0]).toBe(33);
    expect((await ask(here, [64, 2, {}, name]))[0]).toBe(65);
    there.send([16, 2, {}, name, [1]], [48, 3, {}, name, [2]]);
    expect((await here.heard())?.slice(4)).toEqual([[1]]);
    const [type, invocation] = (await here.heard()) ?? [];
    expect(type).toBe(68);
    here.send([70, invocation, {}, [3]]);
    expect(await there.heard()).toEqual([50, 3, {}, [3]]);
  }

  // JSON declares no lengths; what it has instead is an end.
  const heads: Readonly<Record<string, readonly string[]>> = {
    json: ['"', '[', '{', '["'].map((head) => Buffer.from(head).toString('hex')),
    msgpack: ['ddffffffff', 'dfffffffff', 'c6ffffffff', 'dbffffffff', 'c9ffffffff05', 'dcffff', 'deffff'],
    cbor: ['9b', 'bb', '5b', '7b', 'db', '9a', 'ba', '5a', '7a'].map((head) => `${head}${'ff'.repeat(8)}`),
  };
  test('threat 4: an announced length allocates nothing', () =>
    fort.withstands(async () => {
      const { peak } = await fort.health();
      for (const head of heads[serializer.name] ?? []) {
        for (const payload of [bytes(head), publishing(serializer, bytes(head))]) {
          for (const joined of [false, true]) {
            const stranger = joined
              ? await join(dial, fort.port, serializer)
              : await dial(fort.port, serializer);
            stranger.sendBytes(payload);
            const { reason, code = 1002 } = await stranger.end();
            expect([reason, code], `${head}, joined: ${joined}`).toEqual([VIOLATION, 1002]);
          }
        }
      }
      expect((await fort.health()).peak - peak).toBeLessThan(32 * MIB);
    }));

  test('threat 5: 100,000 levels end their sender alone', () =>
    fort.withstands(() => nestDeeply(fort, dial, serializer)));

  test('threat 14: a missing element or one of a wrong type is a violation or an ERROR, and always answered', () =>
    fort.withstands(async () => {
      for (const [what, message, ...answers] of MALFORMED) {
        const stranger = await join(dial, fort.port, serializer);
        stranger.sendBytes(encoded(serializer, message));
        const [type, , third, , error] = (await stranger.heard()) ?? [];
        if (type === 8) expect(answers, what).toContain(error);
        else {
          expect([type, third, answers], what).toEqual([3, VIOLATION, []]);
          await stranger.end();
        }
      }
    }));

  test('threat 14: an empty message is a violation, before login and after', () =>
    fort.withstands(async () => {
      for (const stranger of [await dial(fort.port, serializer), await join(dial, fort.port, serializer)]) {
        stranger.sendBytes(Buffer.alloc(0));
        expect((await stranger.end()).reason).toBe(VIOLATION);
      }
    }));

  test('threat 14: before login, too, everything but HELLO is refused aloud', () =>
    fort.withstands(async () => {
      for (const [what, message, reason = VIOLATION] of UNSEASONABLE) {
        const stranger = await dial(fort.port, serializer);
        stranger.sendBytes(encoded(serializer, message));
        expect((await stranger.end()).reason, what).toBe(reason);
      }
    }));
});

const LEVELS: Readonly<Record<string, readonly string[]>> = {
  json: ['[', '{"a":', '[{"":'],
  msgpack: ['\x91', '\x81\xa1a', '\x81\xc0', '\x92\xc0'],
  cbor: ['\x81', '\x9f', '\xa1\x61a', '\xbf\x61a', '\xc1', '\xd9\xff\xff'],
};

async function nestDeeply(target: Fort, dial: Connect, serializer: Serializer): Promise<void> {
  const subscriber = await subscribe(await join(dial, target.port, serializer));
  for (const level of LEVELS[serializer.name] ?? []) {
    for (const joined of [false, true]) {
      // Before WELCOME, more than 64 KiB is refused for its length alone.
      const depth = joined ? 100_000 : Math.floor(60_000 / level.length);
      const nested = Buffer.from(level.repeat(depth), 'latin1');
      for (const payload of [nested, publishing(serializer, nested)]) {
        const stranger = joined
          ? await join(dial, target.port, serializer)
          : await dial(target.port, serializer);
        stranger.sendBytes(payload);
        const { reason, code = 1002 } = await stranger.end();
        expect([reason, code]).toEqual([VIOLATION, 1002]);
      }
    }
  }
  // Nothing has reached the subscriber.
  expect((await ask(subscriber, [48, 2, {}, 'wamp.session.count']))[0]).toBe(50);
}

test('threat 5: 100,000 levels do no more in a process that traces asynchronous calls', async () => {
  await using traced = await Fort.open('traced');
  await traced.withstands(async () => {
    for (const [, dial, serializer] of WAYS) await nestDeeply(traced, dial, serializer);
  });
});

/** One value by itself. */
function encoded(serializer: Serializer, value: unknown): Uint8Array {
  const list = Buffer.from(serializer.encodePayload([value], {}, 1));
  return serializer.binary ? list.subarray(1) : list.subarray(1, -1);
}

describe.each([
  ['WebSocket', webSocket],
  ['RawSocket', rawSocket],
] as const)('over %s', (_name, dial) => {
  test.each([0x70, 0x69, 0x72, 0x62, 0x65, 0x78, 0x74, 0x01, 0x7f])(
    'threat 3: MessagePack extension %i is refused in every form, and reaches no session',
    (type) =>
      fort.withstands(async () => {
        const subscriber = await subscribe(await join(dial, fort.port, json));
        const fixed = [1, 2, 4, 8, 16].map((size, index) => [
          0xd4 + index,
          type,
          ...Array<number>(size).fill(0x91),
        ]);
        const counted = [
          [0xc7, 4, type, 0x94, 1, 2, 3],
          [0xc8, 0, 4, type, 0x94, 1, 2, 3],
          [0xc9, 0, 0, 0, 4, type, 0x94, 1, 2, 3],
        ];
        for (const form of [...fixed, ...counted]) {
          const stranger = await join(dial, fort.port, msgpack);
          stranger.sendBytes(publishing(msgpack, Buffer.from(form)));
          expect((await stranger.end()).reason).toBe(VIOLATION);
        }
        expect((await ask(subscriber, [48, 2, {}, 'wamp.session.count']))[0]).toBe(50);
      }),
  );

  test.each([
    [28, 'd81c 81 01'],
    [29, 'd81d 00'],
    [28, 'd81c 81 d81d 00'],
    [27, 'd81b 82 65 4572726f72 01'],
    [35, 'd823 63 282e29'],
    [0, 'c0 6a 323032362d30312d3031'],
    [1, 'c1 1a 00000000'],
    [64, 'd840 43 010203'],
    [105, 'd869 82 01 02'],
    [256, 'd90100 81 61 61'],
    [25, 'd819 00'],
    [55799, 'd9d9f7 01'],
  ])('threat 3: CBOR tag %i is refused, or data as opaque as any', (_tag, item) =>
    fort.withstands(async () => {
      const inJson = await subscribe(await join(dial, fort.port, json));
      const inCbor = await subscribe(await join(dial, fort.port, cbor));
      const stranger = await join(dial, fort.port, cbor);
      stranger.sendBytes(publishing(cbor, bytes(item)));
      const [type] = (await stranger.heard()) ?? [];
      if (type === 17) {
        // What a JSON client can be told is no cycle, no date, no pattern, no error.
        const [, , , , plain] = (await inJson.heard()) ?? [];
        const [, , , , same] = (await inCbor.heard()) ?? [];
        expect(JSON.stringify(plain)).not.toBe('[{}]');
        expect((same as unknown[]).length).toBe(1);
        // A moment has a form everywhere; nothing else is more than data.
        const kinds = [Object, Array, Uint8Array, String, Number, Date].map(
          ({ prototype }) => prototype as object,
        );
        for (const value of same as unknown[]) expect(kinds).toContain(Object.getPrototypeOf(Object(value)));
      } else expect(type).toBe(3);
      for (const subscriber of [inJson, inCbor]) {
        expect((await ask(subscriber, [48, 2, {}, 'wamp.session.count']))[0]).toBe(50);
      }
    }),
  );

  test.each<readonly [what: string, serializer: Serializer, argument: Buffer, without: readonly string[]]>([
    ['2^64 - 1', msgpack, bytes('cf ffffffffffffffff'), ['json']],
    ['-2^63', msgpack, bytes('d3 8000000000000000'), ['json']],
    ['NaN', msgpack, bytes('cb 7ff8000000000000'), ['json']],
    ['Infinity', cbor, bytes('f9 7c00'), ['json']],
    ['2^64 - 1', cbor, bytes('1b ffffffffffffffff'), ['json']],
    ['2^64', cbor, bytes('c2 49 010000000000000000'), ['json', 'msgpack']],
    ['1e999', json, Buffer.from('1e999'), []],
    ['a lone surrogate', json, Buffer.from('"\\ud800"'), ['msgpack', 'cbor']],
    ['a lone surrogate as a key', json, Buffer.from('{"\\udfff": 1}'), ['msgpack', 'cbor']],
    ['an invalid time', cbor, bytes('c1 f9 7e00'), ['json']],
    ['a time beyond all times', cbor, bytes('c1 fb 7e37e43c8800759c'), []],
    ['a time beyond all times', msgpack, bytes('c7 0c ff 00000000 7fffffffffffffff'), ['json', 'cbor']],
    ['an event at the bottom', msgpack, Buffer.concat([Buffer.alloc(95, 0x91), bytes('c0')]), []],
  ])(
    'threat 6: %s is dropped for receivers that cannot encode it, and counted; all others get it',
    (_what, serializer, argument, without) =>
      fort.withstands(async () => {
        const subscribers = await Promise.all(
          SERIALIZERS.map(async (one) => subscribe(await join(dial, fort.port, one))),
        );
        const before = (await fort.health()).dropped['EVENT'] ?? 0;
        const stranger = await join(dial, fort.port, serializer);
        stranger.sendBytes(publishing(serializer, argument));
        stranger.send([16, 2, {}, 'com.topic', ['next']]);
        const missed: string[] = [];
        for (const subscriber of subscribers) {
          const first = (await subscriber.heard())?.[4];
          if (isDeepStrictEqual(first, ['next'])) missed.push(subscriber.serializer.name);
          else expect((await subscriber.heard())?.[4]).toEqual(['next']);
        }
        expect(missed).toEqual(without);
        expect(((await fort.health()).dropped['EVENT'] ?? 0) - before).toBe(without.length);
      }),
  );

  test('threat 6: what decodes and could not be written again, 6,000 levels, ends its sender alone', () =>
    fort.withstands(async () => {
      const subscriber = await subscribe(await join(dial, fort.port, msgpack));
      const stranger = await join(dial, fort.port, json);
      stranger.sendBytes(publishing(json, Buffer.from('['.repeat(6000) + ']'.repeat(6000))));
      expect((await stranger.end()).reason).toBe(VIOLATION);
      expect((await ask(subscriber, [48, 2, {}, 'wamp.session.count']))[0]).toBe(50);
    }));
});

describe('on the wrong transport', () => {
  test('threat 34: binary frames on a JSON channel, and text on a binary one', () =>
    fort.withstands(async () => {
      for (const serializer of SERIALIZERS) {
        const stranger = await join(webSocket, fort.port, serializer);
        const first = 0x80 | (serializer.binary ? Opcode.TEXT : Opcode.BINARY);
        stranger.write(frame({ first, payload: Buffer.from(json.encodePayload(HELLO, {}, 1)) }));
        expect(await stranger.end()).toEqual({ reason: VIOLATION, code: 1002 });
      }
    }));

  test.each([
    ['a continuation without a start', '80'],
    ['an overlong form', 'c0af'],
    ['a surrogate', 'eda080'],
    ['beyond Unicode', 'f4908080'],
    ['cut short', 'e282'],
  ])('threat 34: text that is no UTF-8: %s', (_what, hex) =>
    fort.withstands(async () => {
      for (const text of [
        publishing(json, Buffer.concat([Buffer.from('"'), bytes(hex), Buffer.from('"')])),
        bytes(hex),
      ]) {
        for (const joined of [true, false]) {
          const stranger = joined ? await join(webSocket, fort.port) : await webSocket(fort.port);
          stranger.sendBytes(text);
          expect(await stranger.end()).toEqual({ reason: VIOLATION, code: 1007 });
        }
      }
      for (const serializer of SERIALIZERS) {
        const stranger = await join(rawSocket, fort.port, serializer);
        const head = { json: '22', msgpack: 'a', cbor: '6' }[serializer.name] ?? '';
        const text = serializer.binary ? `${head}${hex.length / 2}${hex}` : `${head}${hex}22`;
        stranger.sendBytes(publishing(serializer, bytes(text)));
        expect((await stranger.end()).reason).toBe(VIOLATION);
      }
    }),
  );

  test.each([
    ['serializer 15', '7fff0000', [0x7f, 0x10, 0, 0]],
    ['serializer 0', '7ff00000', [0x7f, 0x10, 0, 0]],
    ['reserved bits', '7ff1ffff', [0x7f, 0x30, 0, 0]],
    ['one reserved bit', '7ff10001', [0x7f, 0x30, 0, 0]],
  ])('threat 34: a RawSocket handshake with %s is answered with its error', (_what, hex, reply) =>
    fort.withstands(async () => {
      const peer = RawPeer.dial(fort.port);
      peer.write(bytes(hex));
      expect(await peer.reply).toEqual(reply);
      await peer.closed();
    }),
  );

  test.each([
    ['TLS', Buffer.concat([bytes('16030100f8010000f40303'), Buffer.alloc(237, 7)])],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
    ['zeros', Buffer.alloc(1000)],
    ['MQTT', bytes('101000044d5154540402003c000461626364')],
  ])('threat 34: %s on the plain port is closed', (_what, octets) =>
    fort.withstands(async () => {
      const socket = connect(fort.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      socket.end(octets);
      await once(socket, 'close');
    }),
  );
});
