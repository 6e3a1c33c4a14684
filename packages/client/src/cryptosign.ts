/** Entry `@wamp/client/cryptosign`: authentication method `cryptosign`, by Ed25519 keys. */
export { cryptosign, type CryptosignKey, type CryptosignOptions } from './auth/cryptosign.ts';
