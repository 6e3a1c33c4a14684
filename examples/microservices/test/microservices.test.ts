/** The shop under load: every process is replaced, and no order is lost. */
import { pathToFileURL } from 'node:url';
import { connect, WampError } from '@wamp/client';
import { startRouter, Traces, type Running } from '@wamp/example-support';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiled } from '../../../test/compiled.ts';
import { placeOrders, Shop } from '../src/shop.ts';

/** Every order is traced. */
const traces = new Traces(undefined, 1);
let router: Running;
let shop: Shop;
beforeAll(async () => {
  router = await startRouter({ realms: ['shop'], traces });
  const folder = await compiled({ service: 'examples/microservices/src/service.ts' });
  shop = new Shop(router.url, { file: pathToFileURL(`${folder}/service.js`).href, execArgv: [] });
  await shop.start();
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await router[Symbol.asyncDispose]();
});

test('each of eight processes is restarted under load, and no call fails', async () => {
  await using customer = await connect(router.url, { realm: 'shop' });
  await using observer = await connect(router.url, { realm: 'shop' });
  const placed = new Set<string>();
  await observer.subscribe('shop.orders.placed', ([order]: [string]) => placed.add(order));

  const restarted: string[] = [];
  let isOver = false;
  const placing = placeOrders(customer, () => isOver);
  await shop.restart((text) => restarted.push(text.replace(/:.*/, '')));
  isOver = true;
  const { orders, failed } = await placing;

  expect(failed).toBe(0);
  expect(restarted.sort()).toEqual(
    ['inventory', 'orders', 'payments', 'shipping'].flatMap((one) => [one, one]),
  );
  expect(orders).toBeGreaterThan(100);
  // Every order was announced once: what was retried was not done twice.
  await expect.poll(() => placed.size).toBe(orders);
});

test('what does not fit the contract, or is not for sale, is refused with a reason', async () => {
  await using customer = await connect(router.url, { realm: 'shop' });
  const place = (kwargs: Record<string, unknown>): Promise<string> =>
    customer.call('shop.orders.place', kwargs).then(
      () => 'placed',
      (error: unknown) => (WampError.is(error) ? error.uri : String(error)),
    );
  expect(await place({ item: 'tea', count: 1 })).toBe('placed');
  expect(await place({ item: 'tea', count: 'many' })).toBe('wamp.error.invalid_argument');
  expect(await place({ item: 'pony', count: 1 })).toBe('shop.error.no_such_item');
});

test('the trace of an order has the calls of all services, each with its invocation', async () => {
  await using customer = await connect(router.url, { realm: 'shop' });
  await customer.call('shop.orders.place', { item: 'tea', count: 2 });
  const tree = (await traces.last('shop.orders.place')).map((line) => line.replace(/ [\d.]+ ms$/, ''));
  expect(tree.slice(0, 4)).toEqual([
    'call shop.orders.place',
    '  invoke shop.orders.place',
    '    call shop.inventory.reserve',
    '      invoke shop.inventory.reserve',
  ]);
  expect(tree).toContain('    call shop.payments.charge');
  expect(tree.slice(-2)).toEqual(['    call shop.shipping.dispatch', '      invoke shop.shipping.dispatch']);
});
