/** Entry `@wamp/client/scram`: authentication method `wamp-scram`, which proves the router to us as well. */
export { scram, type ScramBounds, type ScramOptions } from './auth/scram.ts';
