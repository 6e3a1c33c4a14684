/** Starts the shop, places orders, restarts every process meanwhile, and prints the totals. */
import { connect } from '@wamp/client';
import { portOf, startRouter } from '@wamp/example-support';
import { defaultFeatures } from '@wamp/router';
import { placeOrders, Shop } from './shop.ts';
import { Traces } from './traces.ts';

const traces = new Traces();
const features = [...defaultFeatures(), traces.tracing.feature];
await using router = await startRouter({ realms: ['shop'], features, port: portOf(8080) });
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
const order = await traces.lastOrder();
if (order.length > 0) console.log(`\nThe trace of one of them:\n${order.join('\n')}`);
