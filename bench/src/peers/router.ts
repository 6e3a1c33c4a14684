/** The router under test, as its readers would start it. */
import { createServer } from 'node:http';
import { acceptWebSockets, createRouter } from '@wamp/router';
import { ready } from './ready.ts';

const router = createRouter({ realms: ['realm1'] });
const server = createServer();
acceptWebSockets(router, { server });
server.listen(0, '127.0.0.1', () => {
  ready(server, '/ws');
});
