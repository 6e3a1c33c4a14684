/** The roles and features of this client. */
import type { ClientRole } from '@wamp/protocol';

/** The roles that HELLO announces, with their features. */
export const ROLES: Readonly<Record<ClientRole, readonly string[]>> = {
  publisher: [
    'publisher_identification',
    'publisher_exclusion',
    'subscriber_blackwhite_listing',
    'payload_passthru_mode',
  ],
  subscriber: [
    'publisher_identification',
    'publication_trustlevels',
    'pattern_based_subscription',
    'subscription_revocation',
    'payload_passthru_mode',
  ],
  caller: [
    'caller_identification',
    'call_canceling',
    'progressive_call_results',
    'progressive_call_invocations',
    'payload_passthru_mode',
  ],
  callee: [
    'caller_identification',
    'call_trustlevels',
    'call_canceling',
    'call_timeout',
    'call_reroute',
    'progressive_call_results',
    'progressive_call_invocations',
    'pattern_based_registration',
    'shared_registration',
    'registration_revocation',
    'payload_passthru_mode',
  ],
};
