/** The router under test, as its readers would start it. */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { acceptRawSockets, acceptWebSockets, createRouter } from '@wamp/router';
import { listening, ready } from './ready.ts';

const router = createRouter({ realms: ['realm1'] });
const http = createHttpServer();
acceptWebSockets(router, { server: http });
const raw = createServer();
acceptRawSockets(router, { server: raw });
ready({ url: `ws://${await listening(http)}/ws`, rawUrl: `rs://${await listening(raw)}` });
