/** Function createRouter. */
import { transcode, transcodeWith } from '@wamp/protocol';
import { isHostOf, type Router } from './host.ts';
import type { RouterOptions } from './router-options.ts';
import { CoreRouter } from './router.ts';
import { shownRouter } from './shown-router.ts';

/**
 * Creates a router with its realms, ready to accept connections.
 * @throws Error when two realms have one name
 */
export function createRouter(options: RouterOptions): Router {
  // Converts payloads from one serializer to another without decoding them.
  transcodeWith(transcode);
  const core = new CoreRouter(options);
  const router = shownRouter(core);
  isHostOf(core, router);
  return router;
}
