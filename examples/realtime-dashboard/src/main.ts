/** Starts the router, a fleet of 24 machines, and the page. */
import { buildPage, portOf, startRouter, untilStopped } from '@wamp/example-support';
import { Fleet } from './fleet.ts';

const page = await buildPage(new URL('../page/', import.meta.url));
const router = await startRouter({ realms: ['fleet'], port: portOf(8080), page });
const fleet = await Fleet.open(router.url, 24);
fleet.start();
console.log(`24 machines wait for somebody to look: ${router.origin}`);
await untilStopped(router, fleet);
