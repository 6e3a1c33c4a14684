/** Entry `@wamp/client/scram`: authentication method `wamp-scram`, which also authenticates the router. */
export { scram, type ScramBounds, type ScramOptions } from './auth/scram.ts';
