/** ERRORs of callees whose URI is invalid (B1). */
import { json, type Kwargs } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { createRouter, type Router } from '@wamp/router';
import { describe, expect, test } from 'vitest';
import { Client } from '../support/client.ts';

const RUNTIME_ERROR = 'wamp.error.runtime_error';
const BAD = [
  ...['User not found', '', '.', 'a..b', 'x#y', 'com.error.', 'two\tparts', 'x'.repeat(600)],
  ...['a\u0085b', 'a\u2028b', 'a\u00a0b', 'a\ufeffb', 'a\u0000b', 'a\u001cb', 'a\u007fb', 'é'.repeat(257)],
];

/** What a caller hears when a callee answers with this ERROR. */
async function answered(
  router: Router,
  serializer: typeof json,
  ...error: readonly unknown[]
): Promise<readonly unknown[]> {
  const callee = await Client.join(router, serializer);
  const caller = await Client.join(router, serializer);
  await callee.say([64, 1, { invoke: 'roundrobin' }, 'com.procedure']);
  callee.heard.length = 0;
  await caller.say([48, 1, {}, 'com.procedure']);
  await callee.say([8, 68, callee.heard[0]?.[1], ...error]);
  return caller.heard[0] ?? [];
}

describe.each([
  ['json', json],
  ['msgpack', msgpack],
  ['cbor', cbor],
] as const)('%s', (_name, serializer) => {
  const open = () => createRouter({ realms: ['realm1'] });

  test.each(BAD)('B1 %j becomes wamp.error.runtime_error, and is reported', async (uri) => {
    const router = open();
    const [type, , , , error, args, kwargs] = await answered(router, serializer, {}, uri, ['why'], { a: 1 });
    expect([type, error, args]).toEqual([8, RUNTIME_ERROR, ['why']]);
    expect(kwargs).toEqual({ a: 1, uri: uri.slice(0, 512) });
    expect(router.realm('realm1')?.limited.toObject()).toEqual({ error_uris: 1 });
  });

  test('B1 without a payload, the text is all there is', async () => {
    const message = await answered(open(), serializer, {}, 'not a URI');
    expect(message).toEqual([8, 48, 1, {}, RUNTIME_ERROR, [], { uri: 'not a URI' }]);
  });

  test('B1 a payload in passthru mode stays as it is', async () => {
    const details = { ppt_scheme: 'x_mine' };
    const message = await answered(open(), serializer, details, 'not a URI', ['closed']);
    expect(message).toEqual([8, 48, 1, details, RUNTIME_ERROR, ['closed']]);
  });

  test.each(['com.example.fine', 'é.ü', 'x'.repeat(512)])('B1 %s is one', async (uri) => {
    const router = open();
    expect(await answered(router, serializer, {}, uri, ['why'])).toEqual([8, 48, 1, {}, uri, ['why']]);
    expect(router.realm('realm1')?.limited.toObject()).toEqual({});
  });
});

test('B1 half of a surrogate pair does not keep the error from callers of other serializers', async () => {
  const router = createRouter({ realms: ['realm1'] });
  const [callee, caller] = [await Client.join(router, json), await Client.join(router, cbor)];
  await callee.say([64, 1, {}, 'com.procedure']);
  callee.heard.length = 0;
  await caller.say([48, 1, {}, 'com.procedure']);
  callee.sendBytes(`[8, 68, ${String(callee.heard[0]?.[1])}, {}, "half \\ud83e", []]`);
  await callee.say();
  expect(caller.heard[0]?.[6] as Kwargs).toEqual({ uri: 'half \ufffd' });
});
