/** What the router has announced that it can do, for what we would use. */
import { ErrorUri, type PeerFeatures, type RouterRole } from '@wamp/protocol';
import { WampError } from './errors.ts';

/** A feature that a request uses, and whose it is. */
export type Need = readonly [role: RouterRole, feature: string];

/**
 * PCI-2, PPT-2: a router that has not announced what we would use would end the session.
 * @returns what the request fails with, unless the router has announced it all
 */
export function lacking(announced: PeerFeatures, needs: readonly Need[]): Error | undefined {
  for (const [role, feature] of needs) {
    if (!announced.has(role, feature)) {
      return new WampError(ErrorUri.FEATURE_NOT_SUPPORTED, [`The router has not announced ${feature}.`]);
    }
  }
  return undefined;
}
