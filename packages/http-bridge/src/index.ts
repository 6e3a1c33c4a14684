/** The public names of the HTTP bridge. */
export { bridgeHttp, type HttpBridge } from './bridge.ts';
export type { BridgeOptions } from './options.ts';
export { startWebhook, type Webhook, type WebhookOptions } from './webhooks/webhook.ts';
export type { DeadLetter } from './webhooks/letters.ts';
export type { Resolve } from './webhooks/addresses.ts';
export { signatureOf, type Signed } from './webhooks/signature.ts';
