/** Batches of messages over WebSocket: `transport: batchedWebSocket()`. */
export { batchedWebSocket } from './transports/batched-websocket.ts';
