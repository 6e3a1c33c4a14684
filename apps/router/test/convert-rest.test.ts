/** REST paths of Crossbar.io, converted to HTTP bridges: who may post there, and what is left out. */
import { expect, test } from 'vitest';
import { ticket } from '../../../packages/client/src/index.ts';
import { longPoll } from '../../../packages/client/src/transports/longpoll.ts';
import {
  KEPT,
  OPENED,
  PAGES,
  realm,
  role,
  router,
  serve,
  web,
  type Json,
} from './crossbar-configurations.ts';

/** Posts what Crossbar.io would be posted. @returns status and body */
async function post(url: string, body: unknown, headers: Json = {}): Promise<readonly [number, unknown]> {
  const sent = { 'content-type': 'application/json', ...(headers as Readonly<Record<string, string>>) };
  const answer = await fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(body) });
  const text = await answer.text();
  return [answer.status, text.startsWith('{') ? JSON.parse(text) : text];
}

const REST = 'workers[0].transports[0].paths';

test('Crossbar.io rest/publisher: a client joins, and receives what is posted with key and secret only', async () => {
  const options = { key: 'foobar', secret: 'secret', post_body_limit: 8192, timestamp_delta_limit: 10 };
  const publisher = { type: 'publisher', realm: 'realm1', role: 'rest', options };
  const publishing = [{ uri: 'com.', match: 'prefix', allow: { publish: true } }];
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router(
      [realm([role('anonymous'), role('rest', publishing)])],
      [web({ '/': PAGES, ws: { type: 'websocket' }, publish: publisher })],
    ),
  );
  const client = await enter(1);
  const heard = new Promise((resolve) => {
    void client.subscribe('com.example.topic', ([first]) => {
      resolve(first);
    });
  });
  // A request of the session that follows SUBSCRIBE is answered after it.
  await client.call('wamp.session.count');
  const url = `${urls.at(-1) ?? ''}/publish`;
  const body = { topic: 'com.example.topic', args: ['hello'] };
  expect(await post(url, body)).toMatchObject([401, {}]);
  const basic = (text: string): Json => ({ authorization: `Basic ${btoa(text)}` });
  expect(await post(url, body, basic('foobar:wrong'))).toMatchObject([401, {}]);
  expect(await post(url, body, basic('foobar:secret'))).toEqual([
    200,
    { publication: expect.any(Number) as number },
  ]);
  expect(await heard).toBe('hello');
  expect((await post(url, { ...body, args: ['x'.repeat(9000)] }, basic('foobar:secret')))[0]).toBe(413);
  // Who may post may not join by WebSocket with it.
  await expect(enter(1, { auth: ticket('foobar', 'secret') })).rejects.toThrow('no_matching_auth_method');
  expect(notes).toEqual([
    `left out: ${REST}.publish.options.timestamp_delta_limit: requests are not signed here, so that no timestamps are checked`,
    `changed: ${REST}.publish: requests go to /publish/publish instead of /publish; signatures are not checked, so clients send key and secret by HTTP Basic authentication, over TLS; answers have publication instead of id; all that role rest may do is offered there`,
    KEPT,
    OPENED,
  ]);
});

test('Crossbar.io rest/caller: a procedure is called by POST at the same path, in the role of the path', async () => {
  const rest = { realm: 'realm1', role: 'rest' };
  const api = {
    type: 'path',
    paths: { call: { type: 'caller', ...rest }, publish: { type: 'publisher', ...rest } },
  };
  const auth = { ticket: { type: 'static', principals: { joe: { role: 'backend', ticket: 'secret' } } } };
  const calling = [{ uri: 'com.example.add2', match: 'exact', allow: { call: true } }];
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router(
      [realm([role('backend'), role('rest', calling)])],
      [web({ ws: { type: 'websocket', auth }, api })],
    ),
  );
  const backend = await enter(0, { auth: ticket('joe', 'secret') });
  await backend.register('com.example.add2', ([a, b]) => Number(a) + Number(b));
  const bridge = urls.at(-1) ?? '';
  expect(bridge).toMatch(/\/api$/);
  const sum = { procedure: 'com.example.add2', args: [2, 3] };
  expect(await post(`${bridge}/call`, sum)).toEqual([200, { args: [5], kwargs: {} }]);
  expect(await post(`${bridge}/call`, { procedure: 'com.example.other' })).toMatchObject([403, {}]);
  expect(await post(`${bridge}/publish`, { topic: 'com.example.topic' })).toMatchObject([403, {}]);
  // Nobody came in by WebSocket without a ticket, and nobody does now.
  await expect(enter(0)).rejects.toThrow('no_matching_auth_method');
  expect(notes).toEqual([
    `changed: ${REST}.api.paths.call: requests go to /api/call as before; an error is answered with its HTTP status, and its URI in error; all that role rest may do is offered there`,
    `changed: ${REST}.api.paths.publish: requests go to /api/publish as before; answers have publication instead of id; all that role rest may do is offered there`,
    KEPT,
  ]);
});

test.each([
  ['of an unknown role', { role: 'gone' }, 'no realm realm1 has the role gone'],
  ['with half a signature', { options: { key: 'foobar' } }, 'key and secret need each other'],
  [
    'for some addresses',
    { options: { require_ip: ['10.0.0.0/8'] } },
    'addresses of clients are not checked here: put the path behind a proxy that does it',
  ],
  ['that wants TLS', { options: { require_tls: true } }, 'requires TLS, which its transport does not have'],
  ['with a log-in', { auth: {} }, 'requests with a log-in of their own: see the HTTP bridge'],
  [
    'in another role than anonymous clients have',
    { role: 'other' },
    'realm realm1 has another anonymous from elsewhere, and one is what it may have',
  ],
  [
    'of a role that may do more',
    { realm: 'realm2', role: 'strong' },
    'role strong may also publish and subscribe, which an HTTP bridge offers as well: give the path a role that may only call',
  ],
])('a REST path %s is left out, and nobody posts there', async (_what, more, said) => {
  const caller = { type: 'caller', realm: 'realm1', role: 'anonymous', ...more };
  const { notes, urls } = await serve(
    router(
      [realm([role('anonymous'), role('other', [])]), realm([role('strong')], {}, 'realm2')],
      [web({ ws: { type: 'websocket' }, call: caller })],
    ),
  );
  expect(notes[0]).toBe(`left out: ${REST}.call: ${said}`);
  expect(urls.map((url) => new URL(url).protocol)).toEqual(['ws:']);
  const url = (urls[0] ?? '').replace(/^ws(.*)\/ws$/, 'http$1/call/call');
  // Without a bridge, there is nothing but pages.
  expect((await post(url, { procedure: 'wamp.session.count' }))[0]).toBe(405);
});

test('a REST path never widens what RawSocket or long-poll of its listener admit', async () => {
  const auth = { ticket: { type: 'static', principals: { joe: { role: 'user', ticket: 'secret' } } } };
  const caller = { type: 'caller', realm: 'realm1', role: 'user' };
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router(
      [realm([role('user')])],
      [web({ ws: { type: 'websocket', auth }, lp: { type: 'longpoll', auth }, call: caller })],
    ),
  );
  expect(notes[0]).toBe(
    `left out: ${REST}.call: RawSocket or long-poll of the same listener do not admit anonymous to realm realm1: give the bridge a listener of its own`,
  );
  const options = { transport: longPoll(), auth: ticket('joe', 'secret') };
  expect((await enter(urls.length - 1, options)).authrole).toBe('user');
  await expect(enter(urls.length - 1, { transport: longPoll() })).rejects.toThrow('no_matching_auth_method');
});
