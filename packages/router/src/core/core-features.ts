/** The features of broker and dealer themselves, which every realm announces. */
import type { RouterFeatures } from './realm.ts';

export const CORE_FEATURES: RouterFeatures = {
  broker: [
    'publisher_exclusion',
    'publisher_identification',
    'publication_trustlevels',
    'subscriber_blackwhite_listing',
    'pattern_based_subscription',
    'subscription_revocation',
    'payload_passthru_mode',
  ],
  dealer: [
    'progressive_call_results',
    'progressive_call_invocations',
    'call_canceling',
    'call_reroute',
    'call_trustlevels',
    'caller_identification',
    'pattern_based_registration',
    'shared_registration',
    'registration_revocation',
    'payload_passthru_mode',
    // Features of this project: invocation policy `load`, and the registration options `concurrency` and `force_reregister`.
    'x_invoke_load',
    'x_concurrency',
    'x_force_reregister',
  ],
};
