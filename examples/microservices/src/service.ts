/** One process of a service: `service.ts NAME`, with the router's address in ROUTER_URL. */
import { createSession } from '@wamp/client';
import { services } from './services.ts';

const [, , name = ''] = process.argv;
const serve = services[name];
if (serve === undefined) throw new Error(`there is no service ${name}`);

const session = createSession(process.env['ROUTER_URL'] ?? 'ws://127.0.0.1:8080/ws', { realm: 'shop' });
// No further calls come, those that run are answered, and then the process ends.
process.once('SIGTERM', () => void session.drain(10_000));
await serve(session);
process.send?.('ready');
await session.closed;
process.disconnect();
