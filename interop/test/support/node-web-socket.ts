/** The WebSocket class for clients that bring none: Node's own, or before Node 22, which has one, that of ws. */
import { createRequire } from 'node:module';

const here = createRequire(import.meta.url);

function fromWs(): typeof WebSocket {
  // A dependency of wampy, whose users are told to pass it in.
  return createRequire(here.resolve('wampy'))('ws') as typeof WebSocket;
}

export const NodeWebSocket: typeof WebSocket =
  (globalThis as { WebSocket?: typeof WebSocket }).WebSocket ?? fromWs();
