/** Starts the router, the server, a hundred bots, and the page to watch them. */
import { buildPage, portOf, startRouter, untilStopped } from '@wamp/example-support';
import { startBots } from './bots.ts';
import { GameServer } from './server.ts';

const page = await buildPage(new URL('../page/', import.meta.url));
const router = await startRouter({ realms: ['game'], port: portOf(8080), page });
const server = await GameServer.open(router.url);
const bots = await startBots(router.url, 100);
server.start();
console.log(`${server.world.population} bots play. Watch them at ${router.origin}`);
await untilStopped(router, server, ...bots);
