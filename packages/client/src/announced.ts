/** Checks that the router has announced the features that a request needs. */
import { ErrorUri, type PeerFeatures, type RouterRole } from '@wamp/protocol';
import { WampError } from './errors.ts';

/** A feature that a request needs, and the router's role that announces it. */
export type Need = readonly [role: RouterRole, feature: string];

/**
 * PCI-2, PPT-2: a router without the feature would end the session with a protocol violation.
 * @returns the error of the request, or undefined if the router has announced all features
 */
export function lacking(announced: PeerFeatures, needs: readonly Need[]): Error | undefined {
  for (const [role, feature] of needs) {
    if (!announced.has(role, feature)) {
      return new WampError(ErrorUri.FEATURE_NOT_SUPPORTED, [`The router has not announced ${feature}.`]);
    }
  }
  return undefined;
}
