/** Webhooks: signed, in order, tried again, bounded, and never sent to where they may not go. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { permissions, type RouterOptions } from '@wamp/router';
import { createRouter } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { expect, onTestFinished, test } from 'vitest';
import { signatureOf, startWebhook, type Webhook, type WebhookOptions } from '../src/index.ts';

/** A request that a receiver has had. */
interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly args: readonly unknown[];
}

/** Answers the request of that number, counted from 1. */
type Answering = (response: ServerResponse, number: number) => void;

const OK: Answering = (response) => response.end('thanks');

/** A receiver of webhooks on a port of its own. */
async function receiver(
  answering: Answering = OK,
): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { args = [] } = JSON.parse(text) as { readonly args?: readonly unknown[] };
      answering(response, received.push({ headers: request.headers, text, args }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

interface Hooked {
  readonly clock: ManualClock;
  readonly webhook: Webhook;
  readonly log: readonly string[];
  readonly publish: (...values: readonly unknown[]) => Promise<void>;
  readonly deliveries: () => Readonly<Record<string, number>>;
}

async function hook(
  target: string,
  options: Partial<WebhookOptions> = {},
  routing: Partial<RouterOptions> = {},
): Promise<Hooked> {
  const clock = new ManualClock(1_700_000_000_000);
  const log: string[] = [];
  const router = createRouter({
    realms: ['realm1'],
    clock,
    log: (level, _, facts) => log.push(`${level} ${facts.code} ${String(facts['why'])}`),
    ...routing,
  });
  const webhook = await startWebhook(router, {
    ...{ realm: 'realm1', topic: 'com.order', target, secret: 'secret', allowPrivate: true, name: 'orders' },
    ...{ random: () => 1 },
    ...options,
  });
  onTestFinished(() => router.close());
  const publisher = router.join('realm1', { trusted: true });
  const deliveries = (): Readonly<Record<string, number>> => {
    const metric = router.metrics.read().find(({ name }) => name === 'wamp_webhook_deliveries_total');
    const samples = metric === undefined || metric.kind === 'histogram' ? [] : metric.samples;
    return Object.fromEntries(samples.map(({ labels, value }) => [labels['outcome'] ?? '', value]));
  };
  const publish = async (...values: readonly unknown[]): Promise<void> => {
    for (const value of values) await publisher.publish('com.order', [value]);
  };
  return { clock, webhook, log, publish, deliveries };
}

test('an event is posted as JSON, with id, time and a signature that the receiver can check', async () => {
  const { url, received } = await receiver();
  const { publish } = await hook(url);
  await publish('book');
  await expect.poll(() => received).toHaveLength(1);
  const [{ headers, text }] = received as [Received];
  const publication = expect.any(Number) as number;
  expect(JSON.parse(text)).toEqual({
    ...{ realm: 'realm1', topic: 'com.order', publication, args: ['book'], kwargs: {}, details: {} },
  });
  const id = String(headers['webhook-id']);
  expect(headers['webhook-timestamp']).toBe('1700000000');
  const signature = signatureOf('secret', { id, timestamp: 1_700_000_000, body: text });
  expect(headers['webhook-signature']).toBe(`v1,${signature}`);
});

test('the signature is that of Standard Webhooks', () => {
  const body = '{"test": 2432232314}';
  const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body };
  expect(signatureOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', signed)).toBe(
    'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

test('a receiver that fails twice gets the event on the third try, and those behind it after it, in order', async () => {
  const { url, received } = await receiver((response, number) => {
    response.writeHead(number <= 2 ? 503 : 200).end();
  });
  const { publish, clock, deliveries, webhook } = await hook(url);
  await publish(1, 2, 3);
  await expect.poll(() => deliveries()['failed']).toBe(1);
  expect(clock.untilNext).toBe(1000);
  clock.advance(1000);
  await expect.poll(() => deliveries()['failed']).toBe(2);
  expect(clock.untilNext).toBe(2000);
  clock.advance(2000);
  await expect.poll(() => deliveries()['delivered']).toBe(3);
  expect(received.map(({ args }) => args[0])).toEqual([1, 1, 1, 2, 3]);
  const ids = received.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids.slice(0, 3)).size).toBe(1);
  expect(received[2]?.headers['webhook-timestamp']).toBe('1700000003');
  expect(webhook.waiting).toBe(0);
});

test('delays are anything up to a bound that doubles and is limited (full jitter)', async () => {
  const { url } = await receiver((response) => response.writeHead(500).end());
  const random = [1, 0.5, 0.25, 1];
  const { publish, clock, deliveries } = await hook(url, {
    longestDelay: 3000,
    random: () => random.shift() ?? 0,
  });
  await publish(1);
  for (const [index, delay] of [1000, 1000, 750, 3000].entries()) {
    await expect.poll(() => deliveries()['failed']).toBe(index + 1);
    expect(clock.untilNext).toBe(delay);
    clock.advance(delay);
  }
});

test('an event that fails `attempts` times is a dead letter, counted and kept, and the next one goes', async () => {
  const { url, received } = await receiver((response, number) =>
    response.writeHead(number <= 2 ? 500 : 200).end(),
  );
  const { publish, clock, deliveries, webhook, log } = await hook(url, { attempts: 2 });
  await publish('lost', 'next');
  await expect.poll(() => deliveries()['failed']).toBe(1);
  clock.advance(1000);
  await expect.poll(() => deliveries()).toMatchObject({ dead: 1, delivered: 1 });
  expect(received.map(({ args }) => args[0])).toEqual(['lost', 'lost', 'next']);
  expect(webhook.deadLetters).toMatchObject([
    { topic: 'com.order', attempts: 2, why: '500', time: 1_700_000_001_000 },
  ]);
  expect(JSON.parse(webhook.deadLetters[0]?.body ?? '')).toMatchObject({ args: ['lost'] });
  expect(log).toContain('warn webhook_dead_letter 500');
});

test.each([400, 404, 410])(
  'a target that refuses with %i is not asked again for that event',
  async (status) => {
    const { url, received } = await receiver((response) => response.writeHead(status).end());
    const { publish, deliveries } = await hook(url);
    await publish(1);
    await expect.poll(() => deliveries()['dead']).toBe(1);
    expect(received).toHaveLength(1);
  },
);

test('dead letters are bounded in bytes: the oldest ones go, and are counted', async () => {
  const { url } = await receiver((response) => response.writeHead(400).end());
  const { publish, deliveries, webhook } = await hook(url, { deadLetterSize: 5000 });
  await publish(...Array.from({ length: 20 }, (_, index) => `${index} ${'x'.repeat(500)}`));
  await expect.poll(() => deliveries()['dead']).toBe(20);
  expect(webhook.deadLetters.length).toBeGreaterThan(0);
  expect(webhook.deadLetters.length).toBeLessThan(5);
  expect(webhook.deadLetters.at(-1)?.body).toContain('"19 ');
});

test('a target that hangs is given up in time, and what comes meanwhile is bounded in bytes', async () => {
  const { url, received } = await receiver(() => undefined);
  const { publish, clock, deliveries, webhook } = await hook(url, { timeout: 3000, queueSize: 5000 });
  await publish(...Array.from({ length: 20 }, () => 'x'.repeat(500)));
  await expect.poll(() => received).toHaveLength(1);
  expect(webhook.waiting).toBeLessThan(5);
  expect(deliveries()['dead']).toBe(20 - webhook.waiting);
  clock.advance(3000);
  await expect.poll(() => deliveries()['failed']).toBe(1);
  expect(clock.untilNext).toBe(1000);
});

test('a target whose answer never ends blocks the next event no longer than `timeout`, and has been delivered to', async () => {
  const { url, received } = await receiver((response) => {
    response.writeHead(200);
    response.write('and so on');
  });
  const { publish, clock, deliveries } = await hook(url, { timeout: 3000 });
  await publish(1, 2);
  await expect.poll(() => received).toHaveLength(1);
  await expect
    .poll(() => {
      clock.advance(1000);
      return deliveries()['delivered'];
    })
    .toBe(2);
  expect([...new Set(received.map(({ args }) => args[0]))]).toEqual([1, 2]);
});

test('a redirect to a private address is refused, as every redirect is: it is not followed', async () => {
  const secret = await receiver();
  const { url, received } = await receiver((response) =>
    response.writeHead(302, { location: secret.url }).end(),
  );
  const { publish, deliveries, webhook } = await hook(url);
  await publish(1);
  await expect.poll(() => deliveries()['dead']).toBe(1);
  expect(webhook.deadLetters[0]?.why).toBe('302: redirects are not followed');
  expect([received.length, secret.received.length]).toEqual([1, 0]);
});

test.each([
  'http://127.0.0.1:PORT/',
  'http://127.1:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f.1:PORT/',
  'http://[::1]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[64:ff9b::127.0.0.1]:PORT/',
  'http://localhost:PORT/',
  'http://10.0.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://0.0.0.0:PORT/',
  'http://[fd00::1]/',
])('a target with a private address is refused, however it is written: %s', async (target) => {
  const { url, received } = await receiver();
  const { publish, deliveries, webhook } = await hook(target.replace('PORT', new URL(url).port), {
    allowPrivate: false,
  });
  await publish(1);
  await expect.poll(() => deliveries()['dead']).toBe(1);
  expect(webhook.deadLetters[0]).toMatchObject({
    attempts: 1,
    why: expect.stringContaining('not public') as string,
  });
  expect(received).toEqual([]);
});

test('a name that changes its address between look-up and connection is connected to where it was looked at', async () => {
  const { url, received } = await receiver();
  const asked: string[] = [];
  // Public when it is looked at first, private from then on.
  const resolve: WebhookOptions['resolve'] = (host, _, done) => {
    asked.push(host);
    done(null, [{ address: asked.length === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }]);
  };
  const { publish, deliveries } = await hook(`http://rebinding.example:${new URL(url).port}/`, {
    ...{ allowPrivate: false, resolve },
  });
  await publish(1);
  await expect.poll(() => deliveries()['dead']).toBe(1);
  expect([asked, received]).toEqual([['rebinding.example'], []]);
});

test('of a name with several addresses, one private one is enough to refuse it', async () => {
  const resolve: WebhookOptions['resolve'] = (_, __, done) => {
    const address = (text: string) => ({ address: text, family: 4 });
    done(null, [address('93.184.215.14'), address('10.0.0.1')]);
  };
  const { publish, deliveries, webhook } = await hook('http://two.example/', {
    allowPrivate: false,
    resolve,
  });
  await publish(1);
  await expect.poll(() => deliveries()['dead']).toBe(1);
  expect(webhook.deadLetters[0]?.why).toContain('10.0.0.1');
});

test('a role has its own rights; without one, the webhook needs none', async () => {
  const { url } = await receiver();
  const authorizer = permissions({
    roles: { hook: { permissions: [{ uri: 'com.order', allow: ['subscribe'] }] } },
  });
  const realms = [{ name: 'realm1', authorizer }];
  await hook(url, { role: 'hook' }, { realms });
  await hook(url, {}, { realms });
  await expect(hook(url, { role: 'other' }, { realms })).rejects.toThrow('wamp.error.not_authorized');
});

test.each([
  ['ftp://a.example/', 'secret', 'target: expected a URL'],
  ['https://joe:pw@a.example/', 'secret', 'target: credentials'],
  ['https://a.example/', '', 'secret: expected'],
])('a webhook to %s with the secret %j is refused at once', async (target, secret, words) => {
  await expect(hook(target, { secret })).rejects.toThrow(words);
});

test('closing ends the attempt that is under way, and what waits is counted as lost', async () => {
  const { url, received } = await receiver(() => undefined);
  const { publish, webhook, deliveries, clock } = await hook(url);
  await publish(1, 2);
  await expect.poll(() => received).toHaveLength(1);
  webhook.close();
  expect(deliveries()['lost']).toBe(2);
  await publish(3);
  expect(webhook.waiting).toBe(0);
  await expect.poll(() => clock.pending).toBe(0);
});
