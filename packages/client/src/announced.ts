/** What the router has announced that it can do, for what we would use. */
import { ErrorUri, type PeerFeatures, type RouterRole } from '@wamp/protocol';
import { WampError } from './errors.ts';

/**
 * PCI-2, PPT-2: a router that has not announced what we would use would end the session.
 * @param used features by name, true for those that are to be used
 * @returns what the request fails with, unless the router has announced them all
 */
export function lacking(
  announced: PeerFeatures,
  role: RouterRole,
  used: Readonly<Record<string, boolean>>,
): Error | undefined {
  for (const [feature, isUsed] of Object.entries(used)) {
    if (isUsed && !announced.has(role, feature)) {
      return new WampError(ErrorUri.FEATURE_NOT_SUPPORTED, [`The router has not announced ${feature}.`]);
    }
  }
  return undefined;
}
