/** Conversations about messages as such (checklist §1, §2.2, §2.3). */
import { json } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { converse } from '@wamp/router/testing';
import { test } from 'vitest';

test('MSG-4 the messages of a session are there for every role', async () => {
  for (const role of ['publisher', 'subscriber', 'caller', 'callee']) {
    await converse(`
      client → [1, "realm1", {"roles": {"${role}": {}}}]
      client ← [2, *, {...}]
      client → [6, {}, "wamp.close.close_realm"]
      client ← [6, {}, "wamp.close.goodbye_and_out"]
      client ← closed
      other → [1, "realm1", {"roles": {"${role}": {}}}]
      other ← [2, *, {...}]
      other → [3, {}, "wamp.error.protocol_violation"]
      other ← closed
    `);
  }
});

test('EXT-2 custom keys are accepted and not forwarded, however they are spelled', () =>
  converse(`
    callee → [64, 1, {"_my_option": 1, "x_my_option": 2, "My-Option": 3}, "com.add"]
    callee ← [65, 1, $registration]
    caller → [48, 1, {"_my_option": 1, "x_my_option": 2, "My-Option": 3}, "com.add"]
    callee ← [68, 1, $registration, {}]
    callee → [70, 1, {"_my_option": 1}]
    caller ← [50, 1, {}]
  `));

test.each([json, msgpack, cbor])('SER-3 arguments may be what the format has: $name', (serializer) =>
  converse(
    `
      callee → [64, 1, {}, "com.echo"]
      callee ← [65, 1, $registration]
      caller → [48, 1, {}, "com.echo", [null, 1.5, -3, true, "", [[]], {"": {}}], {"kw": null}]
      callee ← [68, 1, $registration, {}, [null, 1.5, -3, true, "", [[]], {"": {}}], {"kw": null}]
    `,
    { serializer },
  ),
);

test('WS-4 a transport carries one session: after GOODBYE it is closed', () =>
  converse(`
    client → [6, {}, "wamp.close.close_realm"]
    client → [1, "realm1", {"roles": {"caller": {}}}]
    client ← [6, {}, "wamp.close.goodbye_and_out"]
    client ← closed
  `));

test('ACK-1 T-55 EVENT_RECEIVED is taken and ignored', () =>
  converse(`
    client → [337, 5512315355]
    client → [48, 1, {}, "com.nothing"]
    client ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
  `));
