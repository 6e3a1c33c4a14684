/** What serializers are called on the wires that negotiate them. */
import { json } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { expect, test } from 'vitest';

test('SER-5 the numbers of the RawSocket handshake', () => {
  expect([json, msgpack, cbor].map(({ rawSocketId }) => rawSocketId)).toEqual([1, 2, 3]);
});

test('SER-6 the WebSocket subprotocols, and which of them are text', () => {
  expect([json, msgpack, cbor].map(({ subprotocol, binary }) => [subprotocol, binary])).toEqual([
    ['wamp.2.json', false],
    ['wamp.2.msgpack', true],
    ['wamp.2.cbor', true],
  ]);
});
