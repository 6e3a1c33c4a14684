/** The public names of the HTTP bridge. */
export { bridgeHttp, type HttpBridge } from './bridge.ts';
export type { BridgeOptions } from './options.ts';
