/** Runs the router, the service and the client of the quick start, until Ctrl-C. */
import { portOf, untilStopped } from '@wamp/example-support';
import { visit } from './client.ts';
import { start } from './router.ts';
import { serve } from './service.ts';

const router = await start(portOf(8080));
console.log(`router: listening at ${router.url}`);
const service = await serve(router.url, console.log);
const client = await visit(router.url, console.log);
await untilStopped(router, service, client);
