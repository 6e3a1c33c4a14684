/** The part of fox-wamp that we use; it has no types of its own. */
declare module 'fox-wamp' {
  import type { ServerOptions } from 'ws';

  export default class FoxRouter {
    listenWAMP(options: ServerOptions): unknown;
  }
}
