/** The options with which a realm is created that the nodes of a cluster share. */
import type { Uri } from '@wamp/protocol';
import { Sharing } from '../core/sharing.ts';
import type { RouterId } from '../core/router-id.ts';
import { patternIds } from './pattern-id.ts';

export function sharedOptions(realm: Uri): { readonly routerId: RouterId; readonly sharing: Sharing } {
  return { routerId: patternIds(realm), sharing: new Sharing() };
}
