/** A reference: fox-wamp, the other router on Node. */
import { createServer } from 'node:http';
import FoxRouter from 'fox-wamp';
import { ready } from './ready.ts';

const router = new FoxRouter();
const server = createServer();
router.listenWAMP({ server, path: '/ws' });
server.listen(0, '127.0.0.1', () => {
  ready(server, '/ws');
});
