/** The router of the quick start: one realm, open to everybody on this machine. */
import { startRouter, type Running } from '@wamp/example-support';

export function start(port?: number): Promise<Running> {
  return startRouter({ realms: ['myapp'], port });
}
