/** Payload: values and bytes, each made from the other when first asked for. */
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  json,
  Payload,
  SerializationFailure,
  transcode,
  transcodeWith,
  type Args,
  type Kwargs,
  type PayloadCount,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { hex, toHex, utf8 } from './frames.ts';

/** A serializer, and how often it was asked for a payload. */
function counted(original: Serializer) {
  const encodePayload = vi.fn((args: Args, kwargs: Kwargs, count: PayloadCount) =>
    original.encodePayload(args, kwargs, count),
  );
  const decodePayload = vi.fn((bytes: Uint8Array, count: PayloadCount) =>
    original.decodePayload(bytes, count),
  );
  const serializer: Serializer = { ...original, encodePayload, decodePayload };
  return { serializer, encodePayload, decodePayload };
}

test('MSG-5: what is empty and need not be there is left out', () => {
  expect(Payload.of().count).toBe(0);
  expect(Payload.of([]).count).toBe(0);
  expect(Payload.of([], {}).count).toBe(0);
  expect(Payload.of(undefined, {})).toBe(Payload.none);
  expect(Payload.of([1], {}).count).toBe(1);
  expect(Payload.of([], { a: 1 }).count).toBe(2);
  expect(Payload.of(undefined, { a: 1 }).count).toBe(2);
});

test('MSG-5: Kwargs without Args have an empty list before them', () => {
  expect(Buffer.from(Payload.of(undefined, { a: 1 }).as(json)).toString()).toBe('[],{"a":1}');
  expect(toHex(Payload.of(undefined, { a: 1 }).as(msgpack))).toBe('9081a16101');
  expect(toHex(Payload.of(undefined, { a: 1 }).as(cbor))).toBe('80a1616101');
});

test('args and kwargs are never missing', () => {
  for (const payload of [Payload.none, Payload.of(), Payload.encoded(json, utf8(''), 0)]) {
    expect(payload.args).toEqual([]);
    expect(payload.kwargs).toEqual({});
    for (const serializer of [json, msgpack, cbor]) expect(payload.as(serializer)).toHaveLength(0);
  }
  expect(Payload.encoded(json, utf8('[1]'), 1).kwargs).toEqual({});
});

test('bytes are decoded once, and only when touched', () => {
  const { serializer, decodePayload } = counted(msgpack);
  const payload = Payload.encoded(serializer, hex('9101 81a16102'), 2);
  expect(payload.as(serializer)).toHaveLength(6);
  expect(decodePayload).not.toHaveBeenCalled();
  expect(payload.args).toEqual([1]);
  expect(payload.kwargs).toEqual({ a: 2 });
  expect(payload.args).toBe(payload.args);
  expect(decodePayload).toHaveBeenCalledOnce();
});

test('MSG-6: the very bytes go to a peer of the same serializer', () => {
  const bytes = utf8('[ 1.50 ]');
  expect(Payload.encoded(json, bytes, 1).as(json)).toBe(bytes);
});

/** Payloads are transcoded until the test ends, and keep what they have been transcoded to. */
function asRouter(): void {
  transcodeWith(transcode);
  onTestFinished(() => {
    transcodeWith(undefined);
  });
}

test('values are encoded once for each of two serializers', () => {
  asRouter();
  const [first, second] = [counted(json), counted({ ...cbor, name: 'other' })];
  const payload = Payload.of([1], { a: 2 });
  expect(payload.as(first.serializer)).toBe(payload.as(first.serializer));
  expect(payload.as(second.serializer)).toBe(payload.as(second.serializer));
  expect(payload.as(first.serializer)).toBe(payload.as(first.serializer));
  expect(first.encodePayload).toHaveBeenCalledOnce();
  expect(second.encodePayload).toHaveBeenCalledOnce();
  expect(first.decodePayload).not.toHaveBeenCalled();
});

test('SER-1: transcoding keeps the number of elements', () => {
  const payload = Payload.encoded(json, utf8('[],{}'), 2);
  expect(toHex(payload.as(msgpack))).toBe('9080');
  expect(toHex(payload.as(cbor))).toBe('80a0');
});

test('reliability 6: a value without a form fails for one serializer, and for no other', () => {
  const payload = Payload.encoded(msgpack, hex('91 cfffffffffffffffff'), 1);
  expect(() => payload.as(json)).toThrow(SerializationFailure);
  expect(toHex(payload.as(cbor))).toBe('811bffffffffffffffff');
  expect(toHex(payload.as(msgpack))).toBe('91cfffffffffffffffff');
});

test('keep: the bytes outlive their frame', () => {
  const frame = utf8('["abc"]');
  const payload = Payload.encoded(json, frame.subarray(0, 7), 1).keep();
  frame.fill(0);
  expect(payload.args).toEqual(['abc']);
  expect(payload.as(json).buffer).not.toBe(frame.buffer);
  expect(Payload.of(['x']).keep().args).toEqual(['x']);
});

test('A4 a payload is transcoded once for each serializer, and what that takes is counted', () => {
  const message = json.decode(new TextEncoder().encode('[16,1,{},"com.topic",[[1,2,3],"text"]]'));
  if (!('payload' in message)) throw new Error('a PUBLISH has a payload');
  asRouter();
  const before = Payload.transcodedBytes;
  const [first, second] = [message.payload.as(msgpack), message.payload.as(cbor)];
  const taken = Payload.transcodedBytes - before;
  expect(taken).toBeGreaterThanOrEqual(first.length + second.length);
  for (const serializer of [msgpack, cbor, msgpack, json]) message.payload.as(serializer);
  expect(message.payload.as(msgpack)).toBe(first);
  expect(Payload.transcodedBytes - before).toBe(taken);
});

test('A4 a payload that a router passes on is not decoded, unless a serializer is not known', () => {
  const { serializer, decodePayload } = counted(msgpack);
  const { serializer: other, encodePayload } = counted({ ...json, name: 'other' });
  asRouter();
  const payload = Payload.encoded(serializer, hex('00 9101 81a16102'), 2, 1, 7);
  expect(Buffer.from(payload.as(json)).toString()).toBe('[1],{"a":2}');
  expect(toHex(payload.as(cbor))).toBe('8101a1616102');
  expect(payload.as(cbor)).toBe(payload.as(cbor));
  expect(decodePayload).not.toHaveBeenCalled();
  expect(Buffer.from(payload.as(other)).toString()).toBe('[1],{"a":2}');
  expect(decodePayload).toHaveBeenCalledOnce();
  expect(encodePayload).toHaveBeenCalledOnce();
});

test('A4 a payload without a form in a serializer is tried once, and that is counted', () => {
  const { serializer, encodePayload } = counted({ ...json, name: 'other' });
  asRouter();
  const payload = Payload.encoded(msgpack, hex('91 cfffffffffffffffff'), 1);
  const before = Payload.transcodedBytes;
  for (let turn = 0; turn < 3; turn += 1) expect(() => payload.as(serializer)).toThrow(SerializationFailure);
  expect(encodePayload).toHaveBeenCalledOnce();
  expect(Payload.transcodedBytes - before).toBe(10);
});
