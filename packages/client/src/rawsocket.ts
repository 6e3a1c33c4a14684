/** RawSocket for programs on Node: `transport: rawSocket()`. */
export { rawSocket, type RawSocketOptions } from './transports/rawsocket.ts';
export type { Pem, TlsOptions } from './transports/tls.ts';
