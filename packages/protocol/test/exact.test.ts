/** What must not change on the way: the sign of zero (B7), and that null in the place of a payload is none (B5). */
import { describe, expect, test } from 'vitest';
import { cbor } from '../src/serializers/cbor.ts';
import { json } from '../src/serializers/json.ts';
import { msgpack } from '../src/serializers/msgpack.ts';
import { plainJson } from '../src/serializers/plain-json.ts';
import { isOfRouter } from './arbitraries.ts';
import { MessageType, Payload, toList, type Message } from '../src/index.ts';

const ALL = [json, msgpack, cbor, plainJson];
const NAMED = ALL.map(
  (serializer) => [serializer === plainJson ? 'plain json' : serializer.name, serializer] as const,
);
const PAIRS = NAMED.flatMap(([from, one]) => NAMED.map(([to, other]) => [from, to, one, other] as const));

function event(payload: Payload): Message {
  return { type: MessageType.EVENT, subscription: 1, publication: 1, details: {}, payload };
}

describe('B7 the zero below zero', () => {
  const args = [-0, 0, [-0, { '\0-0': -0, zero: 0 }], 'x"\0-0', '-0', 1.5, -1];

  test.each(PAIRS)('B7 keeps its sign from %s to %s', (_from, _to, one, other) => {
    const there = one.decode(one.encode(event(Payload.of(args, { zero: -0 }))));
    const back = other.decode(other.encode(there));
    if (!('payload' in back)) throw new Error('no payload');
    expect(back.payload.args).toStrictEqual(args);
    expect(back.payload.kwargs).toStrictEqual({ zero: -0 });
  });

  test('B7 is a float in MessagePack and CBOR, and -0 in JSON', () => {
    expect(Buffer.from(msgpack.encodePayload([-0], {}, 1)).toString('hex')).toBe('91cb8000000000000000');
    expect(Buffer.from(cbor.encodePayload([-0], {}, 1)).toString('hex')).toBe('81fb8000000000000000');
    expect(Buffer.from(json.encodePayload([-0], {}, 1)).toString()).toBe('[-0]');
    expect(Buffer.from(cbor.encodePayload([0, 7], {}, 1)).toString('hex')).toBe('820007');
  });
});

describe('B5 null in the place of Args or Kwargs', () => {
  const lists: readonly (readonly [readonly unknown[], readonly unknown[]])[] = [
    [[null], []],
    [[null, null], []],
    [[[], null], [[]]],
    [[[1], null], [[1]]],
    [
      [null, {}],
      [[], {}],
    ],
    [
      [null, { key: [null] }],
      [[], { key: [null] }],
    ],
    [
      [[null], { key: null }],
      [[null], { key: null }],
    ],
  ];
  const envelopes = [
    [48, 1, {}, 'com.procedure'],
    [16, 1, {}, 'com.topic'],
    [50, 1, {}],
    [70, 1, {}],
    [36, 1, 2, {}],
    [68, 1, 2, {}],
    [8, 48, 1, {}, 'com.error'],
    [3, {}, 'com.reason'],
  ];

  test.each(NAMED)('B5 is read as none in %s, and never written', (_name, serializer) => {
    for (const envelope of envelopes) {
      if (serializer === plainJson && !isOfRouter({ type: envelope[0] as MessageType })) continue;
      for (const [sent, meant] of lists) {
        const message = serializer.decode(serializer.encodePayload([...envelope, ...sent], {}, 1));
        expect(toList(message)).toEqual([...envelope, ...meant]);
        for (const other of ALL) {
          const again = other.decodePayload(other.encode(message), 1).args;
          expect(again).toEqual([...envelope, ...meant]);
        }
      }
    }
  });

  test.each(NAMED)('B5 elsewhere it is still a violation in %s', (_name, serializer) => {
    for (const list of [
      [32, 1, {}, 'com.topic', null],
      [48, 1, {}, 'com.procedure', null, null, null],
      [48, 1, {}, null],
    ]) {
      expect(() => serializer.decode(serializer.encodePayload(list, {}, 1))).toThrow();
    }
  });
});
