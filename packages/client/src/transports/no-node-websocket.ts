/** Takes the place of node-websocket.ts in browsers (`browser` in package.json), which have a WebSocket class. */
import type { WebSocketConstructor } from './websocket-like.ts';

/** @throws TypeError always */
export function nodeWebSocket(): WebSocketConstructor {
  throw new TypeError(
    'Option tls of webSocket is for Node: in a browser, the browser verifies certificates.',
  );
}
