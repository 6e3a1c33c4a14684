/** Publications and calls by POST, as programs without WAMP send them. */
import { request as httpRequest } from 'node:http';
import { ApplicationError } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { permissions, ticket, type RouterOptions } from '@wamp/router';
import { expect, test } from 'vitest';
import { place, toldOf, type Place } from './support/place.ts';

/** Serves procedures for the tests. */
async function callee({ router }: Place): Promise<void> {
  const session = router.join('realm1', { trusted: true });
  await session.register('com.add', ({ args: [one, other] }) => ({ args: [Number(one) + Number(other)] }));
  await session.register('com.echo', ({ args, kwargs }) => ({ args, kwargs }));
  await session.register('com.fail', () => {
    throw new ApplicationError('com.error.sold_out', ['none left'], { left: 0 });
  });
  await session.register('com.big', () => ({ args: [2n ** 70n] }));
  await session.register('com.never', () => new Promise(() => undefined));
}

test('a call by POST is answered with its result', async () => {
  const here = await place();
  await callee(here);
  const { status, body, headers } = await here.post('call', { procedure: 'com.add', args: [2, 3] });
  expect({ status, body }).toEqual({ status: 200, body: { args: [5], kwargs: {} } });
  expect(headers.get('cache-control')).toBe('no-store');
  const echoed = await here.post('call', {
    procedure: 'com.echo',
    args: ['ü'],
    kwargs: { a: { b: [null] } },
  });
  expect(echoed.body).toEqual({ args: ['ü'], kwargs: { a: { b: [null] } } });
});

test('a publication by POST reaches subscribers, and is answered with its id', async () => {
  const here = await place();
  const heard: unknown[] = [];
  const subscriber = here.router.join('realm1');
  await subscriber.subscribe('com.news', ({ args, kwargs, publication }) =>
    heard.push([args, kwargs, publication]),
  );
  const { status, body } = await here.post('publish', {
    topic: 'com.news',
    args: [1],
    kwargs: { by: 'curl' },
  });
  expect(status).toBe(200);
  expect(heard).toEqual([[[1], { by: 'curl' }, (body as { publication: number }).publication]]);
});

test('bodies and answers may be CBOR, whichever way', async () => {
  const here = await place();
  await callee(here);
  const bytes = cbor
    .encodePayload([{ procedure: 'com.echo', args: [new Uint8Array([1, 2])] }], {}, 1)
    .slice(1);
  const headers = { 'content-type': 'application/cbor' };
  const inCbor = await fetch(`${here.url}/call`, { method: 'POST', headers, body: bytes });
  expect(inCbor.headers.get('content-type')).toBe('application/cbor');
  const answer = new Uint8Array(await inCbor.arrayBuffer());
  const [answered] = cbor.decodePayload(new Uint8Array([0x81, ...answer]), 1).args ?? [];
  expect(answered).toEqual({ args: [new Uint8Array([1, 2])], kwargs: {} });
  const inJson = await fetch(`${here.url}/call`, {
    method: 'POST',
    headers: { ...headers, accept: 'application/json' },
    body: bytes,
  });
  expect((await toldOf(inJson)).body).toEqual({ args: ['\0AQI='], kwargs: {} });
  const tooLarge = await here.post('call', { procedure: 'com.big' });
  expect([tooLarge.status, tooLarge.body]).toEqual([
    406,
    expect.objectContaining({ error: 'wamp.error.invalid_payload' }),
  ]);
});

test.each([
  [
    'a procedure that is not there',
    'call',
    { procedure: 'com.nothing' },
    404,
    'wamp.error.no_such_procedure',
  ],
  ['an error of the application', 'call', { procedure: 'com.fail' }, 422, 'com.error.sold_out'],
  ['a malformed URI', 'call', { procedure: 'com..x y' }, 400, 'wamp.error.invalid_uri'],
  ['a topic of the router', 'publish', { topic: 'wamp.session.on_join' }, 400, 'wamp.error.invalid_uri'],
  [
    'an option of a wrong type',
    'call',
    { procedure: 'com.add', options: { timeout: 'soon' } },
    400,
    'wamp.error.invalid_argument',
  ],
  [
    'parts of a result',
    'call',
    { procedure: 'com.add', options: { receive_progress: true } },
    400,
    'wamp.error.invalid_argument',
  ],
  ['no procedure', 'call', { args: [] }, 400, 'wamp.error.invalid_argument'],
  ['an unknown key', 'call', { procedure: 'com.add', arguments: [] }, 400, 'wamp.error.invalid_argument'],
  ['arguments that are no list', 'publish', { topic: 'com.a', args: {} }, 400, 'wamp.error.invalid_argument'],
  [
    'a list of sessions with text',
    'publish',
    { topic: 'com.a', options: { exclude: ['x'] } },
    400,
    'wamp.error.invalid_argument',
  ],
])('%s is answered with a status and the URI of its error', async (_, operation, body, status, error) => {
  const here = await place();
  await callee(here);
  const told = await here.post(operation, body);
  expect([told.status, told.body]).toEqual([status, expect.objectContaining({ error })]);
  // The session has not been harmed.
  expect((await here.post('call', { procedure: 'com.add', args: [1, 1] })).status).toBe(200);
});

test('an error comes with its arguments', async () => {
  const here = await place();
  await callee(here);
  const { body } = await here.post('call', { procedure: 'com.fail' });
  expect(body).toEqual({ error: 'com.error.sold_out', args: ['none left'], kwargs: { left: 0 } });
});

test('a call that takes longer than callTimeout is canceled and answered with 504', async () => {
  const here = await place({ callTimeout: 5000 });
  await callee(here);
  const answered = here.post('call', { procedure: 'com.never' });
  await expect.poll(() => here.router.realm('realm1')?.traffic.received.of(48)).toBe(1);
  here.clock.advance(5000);
  const { status, body } = await answered;
  expect([status, body]).toEqual([504, expect.objectContaining({ error: 'wamp.error.timeout' })]);
});

test('a client that goes away has its call canceled', async () => {
  const here = await place();
  const interrupted: string[] = [];
  const session = here.router.join('realm1');
  await session.register('com.slow', ({ signal }) => {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        interrupted.push('aborted');
        reject(new ApplicationError('wamp.error.canceled'));
      });
    });
  });
  const request = httpRequest(`${here.url}/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  request.on('error', () => undefined);
  request.end('{"procedure": "com.slow"}');
  await expect.poll(() => here.router.realm('realm1')?.traffic.received.of(48)).toBe(1);
  request.destroy();
  await expect.poll(() => interrupted).toEqual(['aborted']);
});

test.each([
  ['{"procedure": ', 'not well-formed JSON'],
  ['', 'not well-formed JSON'],
  ['{"procedure":"com.add"}{}', 'not well-formed JSON'],
  ['1],{"a":[1', 'not well-formed JSON'],
  [`${'['.repeat(200)}${']'.repeat(200)}`, 'not well-formed JSON'],
])('a body that is not well-formed is refused with 400 and words: %j', async (body, words) => {
  const here = await place();
  const told = await here.post('call', body);
  expect([told.status, told.body]).toEqual([400, expect.stringContaining(words)]);
  expect(here.log).toContain('info HTTP request refused');
});

test('a body longer than bodySize is refused with 413, announced or not', async () => {
  const here = await place({ bodySize: 100 });
  const told = await here.post('call', { procedure: 'com.add', args: ['x'.repeat(100)] });
  expect([told.status, told.body]).toEqual([
    413,
    expect.stringContaining('longer than 100 bytes. Send less, or raise'),
  ]);
  const chunks = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(60));
    },
  });
  const headers = { 'content-type': 'application/json' };
  const endless = await fetch(`${here.url}/call`, {
    method: 'POST',
    headers,
    body: chunks,
    duplex: 'half',
  } as RequestInit);
  expect(endless.status).toBe(413);
});

test('a body that does not arrive in time is refused with 408', async () => {
  const here = await place({ bodyTimeout: 1000 });
  const headers = { 'content-type': 'application/json', 'content-length': '100' };
  const request = httpRequest(`${here.url}/call`, { method: 'POST', headers });
  const answered = new Promise((resolve) => request.on('response', ({ statusCode }) => resolve(statusCode)));
  request.on('error', () => undefined);
  request.write('{');
  await expect.poll(() => here.clock.pending).toBeGreaterThan(0);
  here.clock.advance(1000);
  expect(await answered).toBe(408);
  request.destroy();
});

test('other media types, compressed bodies, methods and paths are refused in words', async () => {
  const here = await place();
  const form = await here.post('call', 'procedure=com.add', {
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect([form.status, form.body]).toEqual([
    415,
    expect.stringContaining('`application/json` or `application/cbor`'),
  ]);
  expect((await here.post('call', '{}', { 'content-encoding': 'gzip' })).status).toBe(415);
  const read = await fetch(`${here.url}/call`);
  expect([read.status, read.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  const elsewhere = await here.post('register', {});
  expect([elsewhere.status, elsewhere.body]).toEqual([404, expect.stringContaining('`call`, `publish`')]);
});

test.each(['utf-16', 'UTF-16LE', '"iso-8859-1"', '', 'utf-8x', 'utf-8, utf-16'])(
  'a body in charset %j is refused with 415',
  async (charset) => {
    const here = await place();
    const type = `application/json; charset=${charset}`;
    const { status, body } = await here.post('call', { procedure: 'com.add' }, { 'content-type': type });
    expect([status, body]).toEqual([415, expect.stringContaining('in UTF-8')]);
  },
);

test.each(['charset=utf-8', 'charset="UTF-8"', 'Charset=utf8; x=1', 'charset=us-ascii', 'profile=x'])(
  'a body with the parameter %s is read as UTF-8',
  async (parameter) => {
    const here = await place();
    const type = `application/json; ${parameter}`;
    const request = { procedure: 'com.add', args: [2, 3] };
    expect((await here.post('call', request, { 'content-type': type })).status).not.toBe(415);
  },
);

const GUARDED: Partial<RouterOptions> = {
  realms: [
    {
      name: 'realm1',
      authenticators: [ticket(new Map([['joe', { ticket: 'secret', authrole: 'user' }]]))],
      authorizer: permissions({
        roles: { user: { permissions: [{ uri: 'com.open', allow: ['call', 'publish'] }] } },
      }),
    },
  ],
};
const JOE = { authorization: `Basic ${btoa('joe:secret')}` };

test('without credentials, 401 says which there are; with wrong ones, too', async () => {
  const here = await place({}, GUARDED);
  for (const headers of [
    {},
    { authorization: `Basic ${btoa('joe:wrong')}` },
    { authorization: 'Bearer nothing' },
  ]) {
    const { status, headers: told, body } = await here.post('call', { procedure: 'com.open' }, headers);
    expect(status).toBe(401);
    expect(told.get('www-authenticate')).toBe('Bearer realm="realm1", Basic realm="realm1", charset="UTF-8"');
    expect(body).toEqual(
      expect.objectContaining({ error: expect.stringContaining('wamp.error.') as string }),
    );
  }
  const digest = await here.post('call', { procedure: 'com.open' }, { authorization: 'Digest username=joe' });
  expect([digest.status, digest.body]).toEqual([400, expect.stringContaining('`Bearer TICKET`')]);
});

test('a role has the same permissions over HTTP as over WAMP; other requests get 403 and the URI', async () => {
  const here = await place({}, GUARDED);
  expect((await here.post('publish', { topic: 'com.open' }, JOE)).status).toBe(200);
  const denied = await here.post('publish', { topic: 'com.closed' }, JOE);
  expect([denied.status, denied.body]).toEqual([
    403,
    expect.objectContaining({ error: 'wamp.error.not_authorized' }),
  ]);
  expect((await here.post('call', { procedure: 'com.open' }, JOE)).status).toBe(404);
});

test('who may come in there, the entrance says as for transports', async () => {
  const methods = await place({ entrance: { authmethods: ['anonymous'] } }, GUARDED);
  expect((await methods.post('publish', { topic: 'com.open' }, JOE)).status).toBe(401);
  const realms = await place({ entrance: { realms: ['realm2'] } }, GUARDED);
  expect((await realms.post('publish', { topic: 'com.open' }, JOE)).status).toBe(404);
});

test('Bearer is a ticket that says itself whose it is, and so is the cookie', async () => {
  const token = ticket({
    verify: (shown) => (shown === 'abc.def' ? { authid: 'ann', authrole: 'user' } : undefined),
  });
  const here = await place({ cookie: 'session' }, { realms: [{ name: 'realm1', authenticators: [token] }] });
  const body = { topic: 'com.a' };
  expect((await here.post('publish', body, { authorization: 'Bearer abc.def' })).status).toBe(200);
  expect((await here.post('publish', body, { cookie: 'a=b; session=abc.def' })).status).toBe(200);
  expect((await here.post('publish', body, { cookie: 'session=other' })).status).toBe(401);
  expect((await here.post('publish', body, { authorization: 'Bearer abc.deg' })).status).toBe(401);
});

test('requests of one principal share a session, which leaves some time after the last', async () => {
  const here = await place({ sessionIdle: 1000 }, GUARDED);
  const ends: string[] = [];
  here.router.events.on(({ code }) => ends.push(code));
  for (let count = 0; count < 3; count += 1) await here.post('publish', { topic: 'com.open' }, JOE);
  expect(ends.filter((code) => code === 'login_accepted')).toHaveLength(1);
  const [session] = here.router.realm('realm1')?.sessions.values() ?? [];
  expect(session?.principal).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'ticket' });
  expect(session?.transport).toMatchObject({
    type: 'http',
    peer: expect.stringMatching(/^tcp:127\.0\.0\.1:/) as string,
  });
  here.clock.advance(1000);
  await expect.poll(() => here.router.realm('realm1')?.sessions.size).toBe(0);
  expect((await here.post('publish', { topic: 'com.open' }, JOE)).status).toBe(200);
});

test('a principal logs in again after `sessionAge`, however often its session is used', async () => {
  const here = await place({ sessionIdle: 60_000, sessionAge: 3000 }, GUARDED);
  const logIns: string[] = [];
  here.router.events.on(({ code }) => code === 'login_accepted' && logIns.push(code));
  for (const expected of [1, 1, 1, 2, 2, 2, 3]) {
    await here.post('publish', { topic: 'com.open' }, JOE);
    expect(logIns).toHaveLength(expected);
    here.clock.advance(1000);
  }
  await expect.poll(() => here.router.realm('realm1')?.sessions.size).toBe(1);
});

test('after `renew`, a principal logs in again, and a session in use leaves after its request', async () => {
  const here = await place({}, GUARDED);
  const realm = here.router.realm('realm1');
  const callee = here.router.join('realm1', { trusted: true });
  let answer = (): void => undefined;
  const answered = new Promise<undefined>((resolve) => {
    answer = () => {
      resolve(undefined);
    };
  });
  await callee.register('com.open', () => answered);
  const slow = here.post('call', { procedure: 'com.open' }, JOE);
  await expect.poll(() => realm?.dealer.calls.inFlight).toBe(1);
  here.bridge.renew();
  expect((await here.post('publish', { topic: 'com.open' }, JOE)).status).toBe(200);
  expect(realm?.sessions.size).toBe(3);
  answer();
  expect((await slow).status).toBe(200);
  await expect.poll(() => realm?.sessions.size).toBe(2);
});

test('more principals than `sessions` at a time are refused with 429, and idle ones make room', async () => {
  const anybody = ticket({ verify: (shown) => ({ authid: shown, authrole: 'user' }) });
  const here = await place({ sessions: 1 }, { realms: [{ name: 'realm1', authenticators: [anybody] }] });
  await callee(here);
  const bearer = (name: string): { authorization: string } => ({ authorization: `Bearer ${name}` });
  expect((await here.post('publish', { topic: 'com.a' }, bearer('one'))).status).toBe(200);
  const busy = here.post('call', { procedure: 'com.never', options: { timeout: 10 } }, bearer('two'));
  await expect.poll(() => here.router.realm('realm1')?.traffic.received.of(48)).toBe(1);
  const refused = await here.post('publish', { topic: 'com.a' }, bearer('three'));
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  here.clock.advance(10);
  expect((await busy).status).toBe(504);
});

test('failed log-ins over HTTP count like those over WAMP, and are reported as events', async () => {
  const here = await place({}, GUARDED);
  const codes: string[] = [];
  here.router.events.on((event) => {
    if (event.code === 'login_refused') codes.push(`${event.transport} ${event.authid} ${event.reason}`);
  });
  await here.post('publish', { topic: 'com.open' }, { authorization: `Basic ${btoa('joe:wrong')}` });
  expect(codes).toEqual(['http joe wamp.error.authentication_denied']);
});

test('pages of other origins are refused, and those on the list get what CORS asks for', async () => {
  const here = await place({ origins: ['https://app.example'] });
  const foreign = await here.post('publish', { topic: 'com.a' }, { origin: 'https://evil.example' });
  expect([foreign.status, foreign.body]).toEqual([
    403,
    expect.stringContaining('The key `origins` of the listener'),
  ]);
  const known = await here.post('publish', { topic: 'com.a' }, { origin: 'https://app.example' });
  expect([known.status, known.headers.get('access-control-allow-origin')]).toEqual([
    200,
    'https://app.example',
  ]);
  const asked = await fetch(`${here.url}/call`, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example' },
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-headers')).toBe('authorization, content-type');
});

test('a router that closes answers 503', async () => {
  const here = await place();
  await here.router.drain(0);
  expect((await here.post('publish', { topic: 'com.a' })).status).toBe(503);
});

test('requests are counted by operation and status', async () => {
  const here = await place();
  await here.post('publish', { topic: 'com.a' });
  await here.post('call', { procedure: 'com.nothing' });
  await expect
    .poll(() => here.router.metrics.read().find(({ name }) => name === 'wamp_http_requests_total')?.samples)
    .toMatchObject([
      { labels: { operation: 'publish', status: '200' }, value: 1 },
      { labels: { operation: 'call', status: '404' }, value: 1 },
    ]);
});
