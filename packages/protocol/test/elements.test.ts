/** The elements of a payload, found in its bytes: the same as those of the decoded payload. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  elementsOf,
  joinElements,
  json,
  ProtocolViolation,
  type Element,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { rawCbor, rawJson, rawMsgpack } from './raw-payloads.ts';

/** Payloads of Args and Kwargs as they come in, well-formed, in whatever form a peer may choose. */
const RAW: readonly (readonly [name: string, serializer: Serializer, raw: fc.Arbitrary<Uint8Array>])[] = [
  ['json', json, rawJson],
  ['msgpack', msgpack, rawMsgpack],
  ['cbor', cbor, rawCbor],
];

const RUNS = process.env['WAMP_DEEP'] === '1' ? 5000 : 150;

/** Like `toEqual`, which takes long over values that are equal. */
function expectEqual(actual: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(actual, wanted)) expect(actual).toEqual(wanted);
}

/** `wamp.2.json` in a form that another serializer does not know. */
const STRANGE: Serializer = { ...json, name: 'strange' };

function found(
  serializer: Serializer,
  bytes: Uint8Array,
  most = 10_000,
): NonNullable<ReturnType<typeof elementsOf>> {
  const elements = elementsOf(serializer, bytes, 2, most);
  if (elements === undefined) throw new Error(`${serializer.name} is not known`);
  return elements;
}

/** Within Args, dicts may have integers as keys; Kwargs may not. */
function mayBeKwargs(serializer: Serializer, dict: Element): boolean {
  try {
    joinElements(serializer, undefined, dict);
    return true;
  } catch (error) {
    if (error instanceof ProtocolViolation) return false;
    throw error;
  }
}

test('A1 in json, a key that looks like binary is itself', () => {
  const bytes = new TextEncoder().encode('[],{"\\u0000":1,"\\u0000AA==":2}');
  const { kwargs = {} } = json.decodePayload(bytes, 2);
  expect([...found(json, bytes).kwargs.keys()]).toEqual(Object.keys(kwargs));
});

describe.each(RAW)('A1 in %s', (_name, serializer, raw) => {
  test('each element has the value that decoding the payload gives', () => {
    fc.assert(
      fc.property(raw, (bytes) => {
        const { args = [], kwargs = {} } = serializer.decodePayload(bytes, 2);
        const elements = found(serializer, bytes);
        expect(elements.isComplete).toBe(true);
        expectEqual(
          elements.args.map((element) => element.value()),
          args,
        );
        const values = [...elements.kwargs].map(([key, element]) => [key, element.value()] as const);
        expectEqual(Object.fromEntries(values), kwargs);
      }),
      { numRuns: RUNS },
    );
  });

  test('a list and a dict among them make a payload of their own, without empty ones', () => {
    fc.assert(
      fc.property(raw, (bytes) => {
        const { args } = found(serializer, bytes);
        const list = args.find(({ kind }) => kind === 'list');
        const dict = args.find((element) => element.kind === 'dict' && mayBeKwargs(serializer, element));
        const joined = joinElements(serializer, list, dict);
        const decoded = serializer.decodePayload(joined.bytes, joined.count);
        expectEqual(decoded.args ?? [], list?.value() ?? []);
        expectEqual(decoded.kwargs ?? {}, dict?.value() ?? {});
        expect(joined.count === 2).toBe(dict?.isEmpty === false);
      }),
      { numRuns: RUNS },
    );
  });

  test('no more are looked for than were asked for', () => {
    const bytes = serializer.encodePayload([1, 2, 3], { a: 1, b: 2, c: 3 }, 2);
    expect(found(serializer, bytes, 3).isComplete).toBe(true);
    const two = found(serializer, bytes, 2);
    expect(two.isComplete).toBe(false);
    expect(two.args).toHaveLength(2);
  });
});

test.each([
  ['msgpack', msgpack],
  ['cbor', cbor],
] as const)('a dict with integers as keys is no Kwargs in %s', (_name, serializer) => {
  const bytes = Uint8Array.from(
    serializer === msgpack ? [0x91, 0x81, 0x01, 0x02, 0x80] : [0x81, 0xa1, 0x01, 0x02, 0xa0],
  );
  const [dict] = found(serializer, bytes).args;
  expect(() => joinElements(serializer, undefined, dict)).toThrow(ProtocolViolation);
});

test('a payload of an unknown serializer is left to the code that decodes it', () => {
  expect(elementsOf(STRANGE, STRANGE.encodePayload([1], {}, 1), 1, 10)).toBeUndefined();
});
