/** Starts the shop, places orders, restarts every process meanwhile, and prints the totals. */
import { connect } from '@wamp/client';
import { portOf, startRouter, Traces } from '@wamp/example-support';
import { placeOrders, Shop } from './shop.ts';

const traces = new Traces();
await using router = await startRouter({ realms: ['shop'], traces, port: portOf(8080) });
await using shop = new Shop(router.url);
await shop.start();
console.log('Eight processes of four services are serving. Orders come in, and each process is restarted:');

await using customer = await connect(router.url, { realm: 'shop' });
let isOver = false;
const placing = placeOrders(customer, () => isOver);
await shop.restart(console.log);
isOver = true;
const { orders, failed } = await placing;
console.log(`${String(orders)} orders, ${String(failed)} failed`);
console.log(`\nThe trace of one of them:\n${(await traces.last('shop.orders.place')).join('\n')}`);
