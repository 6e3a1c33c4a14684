/** A reference: fox-wamp, the other router on Node. */
import { createServer } from 'node:http';
import FoxRouter from 'fox-wamp';
import { listening, ready } from './ready.ts';

const router = new FoxRouter();
const server = createServer();
router.listenWAMP({ server, path: '/ws' });
ready({ url: `ws://${await listening(server)}/ws` });
