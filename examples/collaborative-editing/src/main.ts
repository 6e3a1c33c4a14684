/** Starts the router, the keeper of the document, and the page with the editor. */
import { buildPage, portOf, startRouter, untilStopped } from '@wamp/example-support';
import { keep } from './keeper.ts';

const page = await buildPage(new URL('../page/', import.meta.url));
const router = await startRouter({ realms: ['documents'], port: portOf(8080), page });
const keeper = await keep(router.url);
console.log(`Open two windows with ${router.origin}`);
await untilStopped(router, keeper);
